import assert from "node:assert/strict";
import { withoutWords } from "./duration_words.ts";

Deno.test("withoutWords() leaves Go's durations, and turns words into them", () => {
  for (
    const [text, wanted] of [
      ["1h30m", "1h30m"],
      ["-1.5s", "-1.5s"],
      ["0", "0s"],
      ["5 minutes", "5m"],
      ["2 hours", "2h"],
      [" 3 ms ", "3ms"],
      ["7 micros", "7us"],
      ["1μs", "1µs"],
      ["2d", "48h"],
      ["1 week", "168h"],
      ["P1D", "24h"],
      ["1 day 2 hours", "24h2h"],
      ["soon", "soon"],
      ["", ""],
    ]
  ) assert.equal(withoutWords(text!), wanted);
});
