import assert from "node:assert/strict";
import { terminalText } from "./terminal_text.ts";

Deno.test("terminalText shows what a terminal would act on, and leaves the rest", () => {
  const plain = "Überwachung 🛰️ 👨‍👩‍👧 <b>\n\ta: 1\n";
  assert.equal(terminalText(plain, { styled: false }), plain);
  assert.equal(
    terminalText("\x1b]0;title\x07 a\rb\x9b31m \u202egnp.exe", {
      styled: true,
    }),
    "\\u001b]0;title\\u0007 a\\u000db\\u009b31m \\u202egnp.exe",
  );
  const bold = "\x1b[1mUsage:\x1b[22m";
  assert.equal(terminalText(bold, { styled: true }), bold);
  assert.equal(
    terminalText(`\x1b[31mleft red, ${bold} a\rb`, { styled: true }),
    `\\u001b[31mleft red, ${bold} a\\u000db`,
  );
  assert.equal(terminalText("\x1b[8mhidden", { styled: true })[0], "\\");
  assert.equal(terminalText(bold, { styled: false })[0], "\\");
});
