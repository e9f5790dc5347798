import assert from "node:assert/strict";
import { byNumber } from "./by_number.ts";

Deno.test("names are in the order of their numbers, and each has its place", () => {
  const names = [
    "",
    "2",
    "10",
    "a",
    "a-1",
    "a-1-b",
    "a-01",
    "a-2",
    "a-10",
    "a-10-2",
    "a-10-10",
    "a1",
    "ab",
    "device-9",
    "device-9a",
    "device-10",
  ];
  // Of two whose numbers are the same, the text decides.
  const wanted = names.toSpliced(4, 3, "a-01", "a-1", "a-1-b");
  for (let round = 0; round < 50; round++) {
    const mixed = names.map((name, i) => ({
      name,
      at: (i * 7 + round * 5) % 16,
    }))
      .sort((a, b) => a.at - b.at).map(({ name }) => name);
    assert.deepEqual(mixed.sort(byNumber), wanted);
  }
});
