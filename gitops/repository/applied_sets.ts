import type { WorkspaceAccess } from "../../kube/mod.ts";
import type { AppliedObject } from "../apply/sync_set.ts";
import type { Problem } from "../manifest/problem.ts";
import { OwnWrites } from "../drift/own_writes.ts";
import type { ApplySet } from "../plan/apply_set.ts";
import type { DriftPolicy } from "../plan/drift_policy.ts";
import { Mutex } from "./mutex.ts";

/** An apply set that is kept as a commit has it. */
export interface AppliedSet {
  set: ApplySet;
  access: WorkspaceAccess;
  /** Its workspace; none for the hub's own objects. */
  workspace?: string;
  /** What is applied, by key. */
  objects: Map<string, AppliedObject>;
  /** What of it is being written right now. */
  writes: OwnWrites;
  /** Commit of which all is applied. */
  commit?: string;
  /** Of the manifests of which all is applied; none where it has to be synced whatever comes. */
  fingerprint?: string;
  /** What the last sync found that somebody should look at. */
  warnings?: Problem[];
  /** What becomes of changes behind the repository's back. */
  drift?: DriftPolicy;
  /** Fields that differ and are only reported, by the keys of their objects. */
  drifted: Map<string, string[]>;
  /** How many objects are suspended. */
  waiting?: number;
  /** When the first of them is to be deleted, milliseconds since 1970. */
  due?: number;
  /** Of the Workspace object: another one has nothing of what was applied. */
  workspaceUid?: string;
  /** Whoever writes holds it. */
  mutex: Mutex;
}

/** The apply sets that this process keeps, whoever asks for them. */
export class AppliedSets {
  readonly #sets = new Map<string, AppliedSet>();

  /** The set of an id in a workspace (ids alone repeat where workspaces are clusters of their own). */
  get(id: string, workspace?: string): AppliedSet | undefined {
    return this.#sets.get(key(id, workspace));
  }

  /** The set, made where it is new. */
  ensure(
    set: ApplySet,
    of: { access: WorkspaceAccess; workspace?: string },
  ): AppliedSet {
    const at = key(set.id, of.workspace);
    let entry = this.#sets.get(at);
    if (!entry) {
      entry = {
        set,
        ...of,
        objects: new Map(),
        writes: new OwnWrites(),
        drifted: new Map(),
        mutex: new Mutex(),
      };
      this.#sets.set(at, entry);
    }
    return entry;
  }

  /** Lets go of a set: what is applied stays, and is watched no longer. */
  drop(entry: AppliedSet): void {
    this.#sets.delete(key(entry.set.id, entry.workspace));
  }

  /** The sets of a Repository, or of all. */
  list(repository?: string): AppliedSet[] {
    return [...this.#sets.values()].filter((entry) =>
      repository === undefined || entry.set.repository === repository
    );
  }
}

function key(id: string, workspace = ""): string {
  return `${workspace}/${id}`;
}
