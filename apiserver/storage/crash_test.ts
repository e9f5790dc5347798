import assert from "node:assert/strict";
import { SqliteLog } from "./sqlite_log.ts";
import { Store } from "./store.ts";

const ROUNDS = 5;
const MAPS = { group: "", resource: "configmaps" };

interface Acknowledged {
  resourceVersion: number;
  /** Undefined where the last acknowledged change was a deletion. */
  count: number | undefined;
}

/** Lets the writer work until it has acknowledged `enough` changes, then kills it; what it said by name. */
async function writeAndKill(
  path: string,
  enough: number,
): Promise<Map<string, Acknowledged>> {
  const writer = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("./testdata/crash_writer.ts", import.meta.url).pathname,
      path,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const last = new Map<string, Acknowledged>();
  let seen = 0;
  let rest = "";
  for await (const part of writer.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const [name = "", version, count] = line.split(" ");
      last.set(name, {
        resourceVersion: Number(version),
        count: count === "-" ? undefined : Number(count),
      });
      seen++;
    }
    if (seen >= enough) {
      // A second signal to a process that is gone throws.
      enough = Infinity;
      writer.kill("SIGKILL");
    }
  }
  await writer.status;
  return last;
}

Deno.test("Store: every acknowledged write survives SIGKILL, whole, and versions never go back", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/store.db`;
  try {
    let highest = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const acknowledged = await writeAndKill(path, round * 150);
      const store = await Store.open(new SqliteLog(path));
      try {
        for (const [name, { resourceVersion, count }] of acknowledged) {
          assert.ok(resourceVersion > highest, "resourceVersions went back");
          const entry = store.get({ ...MAPS, namespace: "a", name });
          // The killed writer may have stored one step more than it could tell.
          if (!entry || entry.resourceVersion > resourceVersion) {
            const next = store.changesSince(MAPS, resourceVersion)
              .some((change) => change.entry.name === name);
            assert.ok(next || count === undefined, `${name} is lost`);
            continue;
          }
          assert.equal(entry.resourceVersion, resourceVersion);
          assert.equal(entry.object.data.count, String(count));
          assert.equal(entry.object.data.fill.length, count! % 2000);
        }
        highest = store.resourceVersion;
        const versions = store.changesSince(MAPS, store.compacted)
          .map((change) => change.entry.resourceVersion);
        assert.deepEqual(versions, versions.toSorted((a, b) => a - b));
      } finally {
        await store.close();
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
