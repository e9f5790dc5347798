import assert from "node:assert/strict";
import { OwnWrites } from "./own_writes.ts";

/** What is looked at again after a watch showed some versions amid a write. */
function lookedAt(
  shown: (string | undefined)[],
  answer: string | undefined,
): boolean {
  const writes = new OwnWrites();
  let again = false;
  writes.begin("press");
  for (const resourceVersion of shown) {
    const isOpen = writes.saw("press", {
      resourceVersion,
      again: () => again = true,
    });
    assert.equal(isOpen, true);
  }
  writes.end("press", answer);
  return again;
}

Deno.test("OwnWrites knows its own write, however early a watch shows it", () => {
  assert.equal(lookedAt([], "7"), false);
  assert.equal(lookedAt(["7"], "7"), false);
  assert.equal(lookedAt(["6", "7"], "7"), false);
});

Deno.test("OwnWrites has looked at what somebody else wrote or deleted amid a write", () => {
  assert.equal(lookedAt(["7", "8"], "7"), true);
  assert.equal(lookedAt(["7", undefined], "7"), true);
  assert.equal(lookedAt(["8"], undefined), true);
});

Deno.test("OwnWrites says nothing of objects that are not being written", () => {
  const writes = new OwnWrites();
  const at = { resourceVersion: "7", again: () => assert.fail() };
  assert.equal(writes.saw("press", at), false);
  writes.begin("press");
  writes.end("press", "7");
  assert.equal(writes.saw("press", at), false);
});
