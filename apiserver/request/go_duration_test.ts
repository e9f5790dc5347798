import assert from "node:assert/strict";
import { goDuration } from "./go_duration.ts";

Deno.test("durations are read as Go reads them", () => {
  assert.equal(goDuration("0"), 0);
  assert.equal(goDuration("32s"), 32_000);
  assert.equal(goDuration("1m30.5s"), 90_500);
  assert.equal(goDuration("-1.5h"), -5_400_000);
  assert.equal(goDuration("+.5ms"), 0.5);
});

Deno.test("what is no duration is refused in Go's words", () => {
  const refused = { message: "" };
  for (
    const [text, message] of [
      ["", 'time: invalid duration ""'],
      ["soon", 'time: invalid duration "soon"'],
      ["30", 'time: missing unit in duration "30"'],
      ["1s30", 'time: missing unit in duration "1s30"'],
      ["5y", 'time: unknown unit "y" in duration "5y"'],
    ] as const
  ) {
    refused.message = message;
    assert.throws(() => goDuration(text), refused);
  }
});
