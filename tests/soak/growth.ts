import assert from "node:assert/strict";
import { join } from "node:path";
import { SqliteLog } from "../../apiserver/storage/sqlite_log.ts";
import { Store } from "../../apiserver/storage/store.ts";
import type { Soak } from "./soak.ts";

const OBJECTS = 100;
/** Longest filling of an object. */
const FILL = 3000;
/** Updates under way at a time. */
const WRITERS = 400;
/** The size of the file is looked at after so many updates. */
const SAMPLE = 5000;
/** Nothing is expected of the sizes before history is first compacted. */
const WARM_UP = 30_000;
/** What the file and its log may take: some times the history of 10,000 changes of 1.7 KB. */
const MOST_BYTES = 96 << 20;

/** Very many updates of few objects. In this process, on the store: through HTTPS it would take an hour. */
export const growth: Soak = {
  name: "growth",
  title:
    "Updates of 100 objects, in one process on the store: the database file and its log reach a size and stay there, and at the end hold every object in its last state.",
  count: 1_000_000,
  unit: "updates",
  async run({ count, random, dir, say }) {
    const path = join(dir, "store.db");
    let store = await Store.open(new SqliteLog(path));
    const last = Array.from({ length: OBJECTS }, () => 0);
    let begun = 0;
    let done = 0;
    /** Bytes after each `SAMPLE` updates. */
    const sizes: number[] = [];
    const write = async () => {
      while (begun < count) {
        const object = random.int(OBJECTS);
        const update = ++begun;
        await store.write(keyOf(object), () => {
          last[object] = update;
          return { type: "put", object: objectOf(object, update) };
        });
        if (++done % SAMPLE === 0) sizes.push(sizeOf(path));
        if (done % 100_000 === 0) {
          say(`${done} updates, ${mebibytes(sizes.at(-1)!)} MiB`);
        }
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: WRITERS }, write));
    const seconds = (performance.now() - started) / 1000;
    const largest = Math.max(...sizes);
    assert.ok(
      largest <= MOST_BYTES,
      `the files took ${mebibytes(largest)} MiB`,
    );
    const warm = sizes.slice(WARM_UP / SAMPLE);
    const half = Math.floor(warm.length / 2);
    const [first, second] = [warm.slice(0, half), warm.slice(half)]
      .map((some) => Math.max(...some)) as [number, number];
    assert.ok(
      second <= first * 1.2,
      `the files grew from ${mebibytes(first)} to ${mebibytes(second)} MiB`,
    );
    await store.close();
    const closed = sizeOf(path);
    store = await Store.open(new SqliteLog(path));
    assert.equal(store.resourceVersion, count);
    last.forEach((update, object) => {
      if (update === 0) return;
      const found = store.get(keyOf(object))?.object.data;
      assert.deepEqual(found, objectOf(object, update).data);
    });
    await store.close();
    return {
      "updates a second": Math.round(count / seconds),
      "largest size of file and log, MiB": mebibytes(largest),
      "in the first half, MiB": mebibytes(first),
      "in the second half, MiB": mebibytes(second),
      "file when closed, MiB": mebibytes(closed),
    };
  },
};

function keyOf(object: number) {
  return {
    group: "",
    resource: "configmaps",
    namespace: "soak",
    name: `m${object}`,
  };
}

function objectOf(object: number, update: number) {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `m${object}`,
      namespace: "soak",
      uid: "5d9e3c1a-6f0b-4a53-9a43-7f1f3c8f2f11",
      resourceVersion: "",
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    data: { update: String(update), fill: "x".repeat(update * 7919 % FILL) },
  };
}

/** The database with its write-ahead log. */
function sizeOf(path: string): number {
  let size = 0;
  for (const file of [path, `${path}-wal`]) {
    try {
      size += Deno.statSync(file).size;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return size;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20 * 10) / 10;
}
