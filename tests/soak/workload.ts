import assert from "node:assert/strict";
import type { Random } from "../random.ts";
import type { Figures } from "./soak.ts";
import type { HttpsClient } from "./https_client.ts";
import {
  NAMESPACE,
  nextStep,
  pathOf,
  type Resource,
  RESOURCES,
  SELECTOR,
  send,
  seqOf,
  type State,
  type Step,
  type Target,
} from "./objects.ts";

/** Objects of one writer. */
const OBJECTS = 6;
/** Not one of the writers' objects: its change ends what is compared. */
const MARKER = "marker";

/** What is known of one object. */
interface Known {
  target: Target;
  /** Every acknowledged change since the last check, in order. */
  acknowledged: Step[];
  /** A change whose answer never came: it may be stored, or not. */
  open?: Step;
  /** State before `acknowledged`. */
  before: State;
}

/** An event of a watch. */
interface Seen {
  type: string;
  name: string;
  seq: number;
  resourceVersion: number;
}

/**
 * Concurrent writers and a watch of each resource, across restarts of the server: `load` writes until it is told to
 * stop or the server dies, `check` holds everything the server says against everything it has acknowledged.
 */
export class Workload {
  /** Answers other than success, by code. */
  readonly refused = new Map<number, number>();
  #random: Random;
  #known: Known[];
  #events = new Map<Resource, Seen[]>();
  #lastSeen = new Map<Resource, number>();
  #highest = 0;
  #markers = 0;
  #totals = { acknowledged: 0, open: 0, kept: 0, events: 0 };

  constructor(random: Random, writers = 12) {
    this.#random = random;
    this.#known = Array.from({ length: writers * OBJECTS }, (_, i) => ({
      target: { resource: RESOURCES[i % 2]!, name: `m${i}` },
      acknowledged: [],
      before: { seq: 0, gone: true },
    }));
    for (const resource of RESOURCES) this.#events.set(resource, []);
  }

  get figures(): Figures {
    return {
      "acknowledged writes": this.#totals.acknowledged,
      "writes without an answer": this.#totals.open,
      "of them stored": this.#totals.kept,
      "watch events compared": this.#totals.events,
      "last resourceVersion": this.#highest,
    };
  }

  /** Makes the namespace, and starts the watches there. */
  async prepare(client: HttpsClient): Promise<void> {
    const { code, body } = await client.send("POST", "/api/v1/namespaces", {
      body: {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: NAMESPACE },
      },
    });
    assert.equal(code, 201, JSON.stringify(body));
    for (const resource of RESOURCES) {
      const list = await client.get(`${pathOf(resource)}?${SELECTOR}`);
      this.#lastSeen.set(resource, Number(list.metadata.resourceVersion));
    }
  }

  /** Follows both resources from the last event that was seen, until the server dies or `signal` says so. */
  async watch(client: HttpsClient, signal?: AbortSignal): Promise<void> {
    await Promise.all(
      RESOURCES.map((resource) => this.#follow(resource, client, signal)),
    );
  }

  async #follow(resource: Resource, client: HttpsClient, signal?: AbortSignal) {
    const from = this.#lastSeen.get(resource)!;
    const path = `${
      pathOf(resource)
    }?${SELECTOR}&watch=true&allowWatchBookmarks=true&resourceVersion=${from}`;
    try {
      for await (const { type, object } of client.watch(path, signal)) {
        assert.notEqual(type, "ERROR", JSON.stringify(object));
        const resourceVersion = Number(object.metadata.resourceVersion);
        const last = this.#lastSeen.get(resource)!;
        if (type === "BOOKMARK") {
          assert.ok(resourceVersion >= last, "a bookmark went back");
          this.#lastSeen.set(resource, resourceVersion);
          continue;
        }
        assert.ok(
          resourceVersion > last,
          `event ${resourceVersion} after ${last}`,
        );
        this.#lastSeen.set(resource, resourceVersion);
        this.#events.get(resource)!.push({
          type,
          name: object.metadata.name,
          seq: seqOf(resource, object),
          resourceVersion,
        });
      }
    } catch (error) {
      // A connection that was cut is what this is about; all else is a finding.
      if (error instanceof assert.AssertionError) throw error;
      if (error instanceof Error && /half written/.test(error.message)) {
        throw error;
      }
    }
  }

  /** Writes with all writers until `signal` aborts or the server is gone. */
  async load(client: HttpsClient, signal: AbortSignal): Promise<void> {
    const writers = this.#known.length / OBJECTS;
    await Promise.all(
      Array.from({ length: writers }, (_, i) => {
        const own = this.#known.slice(i * OBJECTS, (i + 1) * OBJECTS);
        return this.#write(own, client, signal);
      }),
    );
  }

  async #write(own: Known[], client: HttpsClient, signal: AbortSignal) {
    while (!signal.aborted) {
      const known = this.#random.pick(own);
      // Its state is uncertain until the next check.
      if (known.open) continue;
      if (!await this.#step(known, client)) return;
    }
  }

  /** One write; false where no answer came. */
  async #step(known: Known, client: HttpsClient): Promise<boolean> {
    const step = nextStep(stateOf(known), this.#random);
    known.open = step;
    let answer;
    try {
      answer = await send(client, known.target, {
        step,
        random: this.#random,
      });
    } catch {
      this.#totals.open++;
      return false;
    }
    delete known.open;
    if (answer.code >= 300) {
      this.#refuse(answer, known);
      return true;
    }
    if (answer.resourceVersion !== undefined) {
      step.resourceVersion = answer.resourceVersion;
      const before = known.acknowledged.at(-1)?.resourceVersion ?? 0;
      assert.ok(answer.resourceVersion > before, "a resourceVersion went back");
    }
    known.acknowledged.push(step);
    this.#totals.acknowledged++;
    return true;
  }

  #refuse({ code, body }: { code: number; body: unknown }, known: Known) {
    // 507 is a full disk, 429 a server with enough to do: nothing was stored.
    if (code === 507 || code === 429) {
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
      return;
    }
    throw new assert.AssertionError({
      message: `a write of ${known.target.name} was answered ${code}: ${
        JSON.stringify(body)
      }`,
    });
  }

  /** Compares what the server holds and what the watches saw with what was acknowledged. Needs running watches. */
  async check(client: HttpsClient): Promise<void> {
    for (const resource of RESOURCES) await this.checkState(resource, client);
    for (const resource of RESOURCES) await this.#checkEvents(resource, client);
    this.#settle();
  }

  /** Every object is in its last acknowledged state, or in the one that was under way. */
  async checkState(resource: Resource, client: HttpsClient): Promise<void> {
    const list = await client.get(`${pathOf(resource)}?${SELECTOR}`);
    const at = Number(list.metadata.resourceVersion);
    assert.ok(at >= this.#highest, `resourceVersion ${at} < ${this.#highest}`);
    const found = new Map<string, number>();
    for (const object of list.items) {
      found.set(object.metadata.name, seqOf(resource, object));
      assert.ok(Number(object.metadata.resourceVersion) <= at);
    }
    for (const known of this.#known) {
      if (known.target.resource !== resource) continue;
      const seq = found.get(known.target.name);
      const is = ({ gone, seq: wanted }: State) =>
        gone ? seq === undefined : seq === wanted;
      const state = stateOf(known);
      if (is(state)) continue;
      assert.ok(
        known.open && is(known.open),
        `${resource}/${known.target.name} is at ${seq}; acknowledged was ${
          JSON.stringify(state)
        }, under way ${JSON.stringify(known.open)}`,
      );
    }
  }

  async #checkEvents(resource: Resource, client: HttpsClient) {
    const events = await this.#eventsUntilMarker(resource, client);
    const byName = Map.groupBy(events, (event) => event.name);
    for (const known of this.#known) {
      if (known.target.resource !== resource) continue;
      const { name } = known.target;
      const seen = byName.get(name) ?? [];
      byName.delete(name);
      const wanted = [...known.acknowledged];
      if (known.open && seen.length > wanted.length) {
        // It was stored after all.
        wanted.push(known.open);
        this.#totals.kept++;
        known.acknowledged.push(known.open);
        delete known.open;
      }
      const where = `watch of ${resource}/${name}`;
      assert.equal(seen.length, wanted.length, `${where}: events missing`);
      seen.forEach((event, i) => {
        const { type, seq, gone, resourceVersion } = wanted[i]!;
        assert.equal(event.type, type, where);
        // A deletion carries the last state.
        assert.equal(event.seq, gone ? seq - 1 : seq, where);
        if (resourceVersion !== undefined) {
          assert.equal(event.resourceVersion, resourceVersion, where);
        }
      });
      this.#totals.events += seen.length;
    }
    byName.delete(MARKER);
    assert.deepEqual([...byName.keys()], [], "events of unknown objects");
  }

  /** The events up to a write made now, which is after every other. */
  async #eventsUntilMarker(resource: Resource, client: HttpsClient) {
    const target = { resource, name: MARKER };
    const step: Step = {
      seq: ++this.#markers,
      gone: false,
      type: this.#markers <= RESOURCES.length ? "ADDED" : "MODIFIED",
    };
    const random = this.#random;
    const { code, body, resourceVersion } = await send(client, target, {
      step,
      random,
    });
    assert.ok(resourceVersion, `the marker: ${code} ${JSON.stringify(body)}`);
    assert.ok(resourceVersion > this.#highest, "a resourceVersion went back");
    const deadline = Date.now() + 30_000;
    while (this.#lastSeen.get(resource)! < resourceVersion) {
      assert.ok(Date.now() < deadline, `watch of ${resource}: no marker`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#highest = Math.max(this.#highest, resourceVersion);
    const events = this.#events.get(resource)!;
    this.#events.set(resource, []);
    return events;
  }

  #settle() {
    for (const known of this.#known) {
      // Neither stored nor seen by any watch: it never was.
      delete known.open;
      known.before = stateOf(known);
      known.acknowledged = [];
    }
  }
}

function stateOf({ acknowledged, before }: Known): State {
  return acknowledged.at(-1) ?? before;
}
