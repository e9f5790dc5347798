import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { readRows } from "../storage/read_rows.ts";
import { rowChecksum } from "../storage/row_checksum.ts";
import { survey } from "./survey.ts";

/** A table as a damaged page may make it appear: nothing has to be of its type. */
function table(rows: unknown[][]): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec(
    "CREATE TABLE log (rv INTEGER PRIMARY KEY, previous, deleted, resource, namespace, name, value, checksum)",
  );
  const insert = db.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const row of rows) insert.run(...row as string[]);
  return db;
}

function good(resourceVersion: number): unknown[] {
  const key = ["/configmaps", "a", `m${resourceVersion}`] as const;
  const [resource, namespace, name] = key;
  const value = "{}";
  const checksum = rowChecksum({
    resourceVersion,
    previous: 0,
    deleted: false,
    resource,
    namespace,
    name,
    value,
  });
  return [resourceVersion, 0, 0, ...key, value, checksum];
}

Deno.test("survey: goes on after rows that hold nothing of what they should, and tells of each once", () => {
  const count = 600;
  const rows: unknown[][] = Array.from(
    { length: count },
    (_, i) => good(i + 1),
  );
  // Also the last of a batch, and the last of all.
  for (const at of [10, 256, 257, count]) {
    rows[at - 1] = [at, null, null, null, null, null, null, null];
  }
  // Too large for a number of JavaScript.
  rows[299] = [300, 0n, 0n, "/configmaps", "a", "m", "{}", 2n ** 60n];
  const db = table(rows);
  const damaged: number[] = [];
  const unreadable: unknown[] = [];
  let whole = 0;
  for (const found of survey(db)) {
    if ("row" in found) whole++;
    else if ("damaged" in found) damaged.push(found.damaged.resourceVersion);
    else unreadable.push(found.unreadable);
  }
  assert.deepEqual(damaged, [10, 256, 257, count]);
  assert.deepEqual(unreadable, [{ from: 300, to: 300 }]);
  assert.equal(whole, count - 5);
  db.close();
});

Deno.test("readRows: says of whatever cannot be read that the file is damaged", () => {
  for (
    const row of [
      [2, null, null, null, null, null, null, null],
      [2, 0n, 0n, "/configmaps", "a", "m", "{}", 2n ** 60n],
    ]
  ) {
    const db = table([good(1), row]);
    assert.throws(() => [...readRows(db)], /the file is damaged: /);
    db.close();
  }
});
