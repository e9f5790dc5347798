import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import { ConfigMap } from "../../../api/core.ts";
import type { Resource } from "../../../api/kind.ts";
import type { KubeObject } from "../../../api/meta.ts";
import {
  APPLYSET_LABEL,
  APPROVE_ANNOTATION,
  DELETE_AFTER_ANNOTATION,
} from "../../../api/names.ts";
import { Repository } from "../../../api/repository.ts";
import { Workspace } from "../../../api/workspace.ts";
import {
  createInformer,
  getCondition,
  type Informer,
  type KubeClient,
} from "../../../kube/mod.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import type { GitRepository } from "../../gitops/git_repository.ts";
import type { Random } from "../../random.ts";

const NAME = "fleet";
const WORKSPACES = ["a", "b"];
const KINDS: Resource[] = [Agent, ConfigMap];
/** Longest wait for a sync over all faults, in milliseconds. */
const TIMEOUT = 180_000;
/** ConfigMaps that come and go together: more than the guard lets go. */
const MANY = 25;

/** `a/Agent/press-1` */
type Key = string;

/**
 * A fleet whose repository changes at random, and what has to be live after
 * each change; watches note what is made and deleted meanwhile.
 */
export class SyncModel implements AsyncDisposable {
  readonly figures = {
    "objects made": 0,
    "objects deleted": 0,
    "Agents suspended at a time, at most": 0,
    "removals approved": 0,
  };
  readonly #of: { client: KubeClient; git: GitRepository; random: Random };
  readonly #stop = new AbortController();
  readonly #informers: Informer[];
  /** Values of what the repository has. */
  #state = new Map<Key, string>();
  /** UIDs of what is live. */
  #uids = new Map<Key, string>();
  /** Since the last look. */
  #added: Key[] = [];
  #deleted: Key[] = [];
  #workspaceDeleted: { name: string; uid: Promise<string> } | undefined;
  #changes = 0;

  constructor(of: { client: KubeClient; git: GitRepository; random: Random }) {
    this.#of = of;
    this.#informers = KINDS.map((kind) => {
      const informer = createInformer(of.client, kind, {
        labelSelector: APPLYSET_LABEL,
        signal: this.#stop.signal,
      });
      informer.on(({ type, object, old }) => {
        const key = keyOf(object);
        if (type === "added") this.#added.push(key);
        if (type === "deleted") this.#deleted.push(key);
        if (type === "updated" && old?.metadata.uid !== object.metadata.uid) {
          this.#deleted.push(key);
          this.#added.push(key);
        }
      });
      return informer;
    });
  }

  /** Makes the Repository, and waits for its first sync. */
  async begin(): Promise<void> {
    const { client, git } = this.#of;
    await git.push(Object.fromEntries(WORKSPACES.map((name) => [
      `workspaces/${name}/workspace.yaml`,
      json({
        apiVersion: Workspace.apiVersion,
        kind: "Workspace",
        metadata: { name },
      }),
    ])));
    for (const workspace of WORKSPACES) {
      this.#state.set(`${workspace}/ConfigMap/anchor`, "0");
    }
    await client.create(Repository, {
      apiVersion: Repository.apiVersion,
      kind: "Repository",
      metadata: { name: NAME },
      spec: { url: git.path, interval: "2s", tombstone: "24h" },
    } as KubeObject);
    await this.#applied(await this.#push(new Map()));
    await this.#check("the beginning");
  }

  /** Deletes a Workspace behind the sync's back, with all that is in it. */
  deleteWorkspace(): void {
    const { client, random } = this.#of;
    const name = random.pick(WORKSPACES);
    this.#workspaceDeleted = {
      name,
      uid: (async () => {
        const { metadata: { uid } } = await client.get(Workspace, name);
        await client.delete(Workspace, name);
        return uid!;
      })(),
    };
  }

  /** A change of the repository, at random; resolves when it is live, and exactly it. */
  async step(where: string): Promise<void> {
    const { random } = this.#of;
    const before = new Map(this.#state);
    for (const workspace of WORKSPACES) {
      for (let i = 0; i < 6; i++) {
        for (const kind of ["Agent", "ConfigMap"]) {
          const key = `${workspace}/${kind}/o${i}`;
          const what = random.next();
          if (what < 0.3) this.#state.set(key, String(random.int(3)));
          else if (what < 0.45) this.#state.delete(key);
        }
      }
    }
    if (random.next() < 0.3) {
      const has = this.#state.has("b/ConfigMap/m0");
      for (let i = 0; i < MANY; i++) {
        if (has) this.#state.delete(`b/ConfigMap/m${i}`);
        else this.#state.set(`b/ConfigMap/m${i}`, "1");
      }
    }
    await this.#applied(await this.#push(before));
    await this.#check(where);
  }

  async #push(before: Map<Key, string>): Promise<string> {
    const files: Record<string, string | null> = {
      README: `${++this.#changes}\n`,
    };
    for (const key of new Set([...before.keys(), ...this.#state.keys()])) {
      const [workspace, kind, name] = key.split("/");
      const value = this.#state.get(key);
      if (value === before.get(key)) continue;
      files[`workspaces/${workspace}/${kind}-${name}.json`] =
        value === undefined ? null : json(
          kind === "Agent"
            ? {
              apiVersion: Agent.apiVersion,
              kind,
              metadata: { name, labels: { value } },
            }
            : {
              apiVersion: "v1",
              kind,
              metadata: { name, labels: { value } },
              data: { value },
            },
        );
    }
    return await this.#of.git.push(files);
  }

  /** Waits until all of a commit is applied; what waits for approval is let go. */
  async #applied(commit: string): Promise<void> {
    const { client } = this.#of;
    let status: Repository["status"];
    let approved = "";
    try {
      await eventually(async () => {
        const found = await client.get<Repository>(Repository, NAME);
        status = found.status;
        if (status?.appliedCommit === commit) return true;
        const ready = getCondition(status?.conditions, "Ready");
        if (
          ready?.reason !== "PruneNeedsApproval" ||
          status?.observedCommit !== commit
        ) return false;
        const tokens = status.pendingPrunes?.map((p) => p.token).join() ?? "";
        if (tokens === approved) return false;
        approved = tokens;
        this.figures["removals approved"]++;
        await client.patch(Repository, NAME, {
          metadata: { annotations: { [APPROVE_ANNOTATION]: tokens } },
        });
      }, { timeout: TIMEOUT, what: `commit ${commit} was applied` });
    } catch (error) {
      throw new Error(`${error}: ${JSON.stringify(status, null, 1)}`);
    }
  }

  /** That what is live is exactly what the repository has, and was made and deleted once. */
  async #check(where: string): Promise<void> {
    const gone = this.#workspaceDeleted?.name;
    const uid = await this.#workspaceDeleted?.uid;
    this.#workspaceDeleted = undefined;
    const inGone = (key: Key) =>
      gone !== undefined && key.startsWith(`${gone}/`);
    const live = new Map<Key, KubeObject>();
    const look = async () => {
      live.clear();
      if (gone !== undefined) {
        const found = await this.#of.client.tryGet(Workspace, gone);
        if (!found || found.metadata.uid === uid) return false;
      }
      for (const kind of KINDS) {
        const { items } = await this.#of.client.list(kind, {
          labelSelector: APPLYSET_LABEL,
        });
        for (const object of items) live.set(keyOf(object), object);
      }
      const active = [...live].filter(([, object]) => !isSuspended(object));
      return active.length === this.#state.size &&
        active.every(([key, object]) =>
          object.metadata.labels?.value === this.#state.get(key)
        );
    };
    // What went with a Workspace is back a moment later.
    if (gone === undefined) await look();
    else await eventually(look, { timeout: TIMEOUT, what: `${gone} was back` });
    const active = [...live].filter(([, object]) => !isSuspended(object));
    assert.deepEqual(
      active.map(([key, o]) => `${key}=${o.metadata.labels?.value}`).sort(),
      [...this.#state].map(([key, value]) => `${key}=${value}`).sort(),
      where,
    );
    await this.#informersAt(live);
    const uids = new Map(
      [...live].map(([key, object]) => [key, object.metadata.uid!]),
    );
    const made = [...uids.keys()].filter((key) => !this.#uids.has(key));
    const deleted = [...this.#uids.keys()].filter((key) => !uids.has(key));
    const outside = (keys: Key[]) => keys.filter((key) => !inGone(key)).sort();
    // Once each, and nothing else: neither twice nor for a moment.
    assert.deepEqual(outside(this.#added), outside(made), `${where}: made`);
    assert.deepEqual(
      outside(this.#deleted),
      outside(deleted),
      `${where}: deleted`,
    );
    for (const key of outside(deleted)) {
      assert.match(key, /ConfigMap/, `${where}: an Agent was deleted`);
    }
    for (const [key, uid] of this.#uids) {
      if (inGone(key) || !uids.has(key)) continue;
      assert.equal(uids.get(key), uid, `${where}: ${key} is another`);
    }
    const suspended = [...live.values()].filter(isSuspended).length;
    this.figures["objects made"] += made.length;
    this.figures["objects deleted"] += deleted.length;
    this.figures["Agents suspended at a time, at most"] = Math.max(
      this.figures["Agents suspended at a time, at most"],
      suspended,
    );
    this.#uids = uids;
    this.#added = [];
    this.#deleted = [];
  }

  /** Until the watches have shown what a list did. */
  async #informersAt(live: Map<Key, KubeObject>): Promise<void> {
    await eventually(() => {
      const seen = this.#informers.flatMap((informer) => informer.list());
      return seen.length === live.size &&
        seen.every((object) =>
          live.get(keyOf(object))?.metadata.uid === object.metadata.uid
        );
    }, { timeout: TIMEOUT, what: "the watches were up to date" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#informers.map((informer) => informer.done));
  }
}

function keyOf({ kind, metadata }: KubeObject): Key {
  return `${metadata.namespace}/${kind}/${metadata.name}`;
}

function isSuspended({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[DELETE_AFTER_ANNOTATION] !== undefined;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
