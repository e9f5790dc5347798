/**
 * Writes objects without end to the database named by its argument and prints each that was acknowledged, until it
 * is killed.
 *
 * @module
 */
import { SqliteLog } from "../sqlite_log.ts";
import { Store } from "../store.ts";

const store = await Store.open(new SqliteLog(Deno.args[0]!), { history: 200 });
const out = new TextEncoder();

/** Counts one object up for ever; every third step deletes it. */
async function write(name: string) {
  for (let count = 1;; count++) {
    const gone = count % 3 === 0;
    const entry = await store.write(
      { group: "", resource: "configmaps", namespace: "a", name },
      (current) => {
        const object = {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: {
            name,
            namespace: "a",
            uid: name,
            resourceVersion: "",
            creationTimestamp: "2026-01-01T00:00:00Z",
          },
          data: { count: String(count), fill: "x".repeat(count % 2000) },
        };
        if (!gone) return { type: "put", object };
        return current ? { type: "delete", object } : { type: "none" };
      },
    );
    const line = `${name} ${entry!.resourceVersion} ${gone ? "-" : count}\n`;
    Deno.stdout.writeSync(out.encode(line));
  }
}

await Promise.all(Array.from({ length: 20 }, (_, i) => write(`m${i}`)));
