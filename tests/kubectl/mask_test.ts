import assert from "node:assert/strict";
import { mask } from "./mask.ts";

Deno.test("mask() hides ages and the room that they take, and leaves what stands beside", () => {
  const young = "NAME   AGE   ROLE\na      7s    x\n";
  const old = "NAME   AGE     ROLE\na      2m18s   x\n";
  assert.equal(
    mask(old),
    "NAME   AGE   ROLE\na      <age> x\n",
  );
  assert.equal(mask(young), mask(old));
  assert.equal(
    mask(
      "  Type    Age        From\n  ----    ----       ----\n  Normal  2m (x9 over 3m)  f\n",
    ).split("\n").length,
    4,
  );
});

Deno.test("mask() hides times, versions, UIDs and addresses, and nothing else", () => {
  assert.equal(
    mask('resourceVersion: "12"\nat 127.0.0.1:6443\nlimit: "12"\n'),
    'resourceVersion: "<version>"\nat <server>\nlimit: "12"\n',
  );
  assert.equal(
    mask("2026-01-02T03:04:05Z 8f14e45f-ceea-467f-9575-1b5d1f6d8e3a kept"),
    "<time> <uid> kept",
  );
});
