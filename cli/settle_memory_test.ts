import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SETTLE = fileURLToPath(new URL("settle_memory.ts", import.meta.url));

Deno.test("what only the start needed is given back, and nobody gets a way to collect", async () => {
  const program = `
    import { settleMemory } from ${JSON.stringify(SETTLE)};
    globalThis.needed = Array.from({ length: 300_000 }, (_, i) => ({ i }));
    const before = Deno.memoryUsage().heapTotal;
    globalThis.needed = undefined;
    settleMemory({ afterMs: 0 });
    const end = performance.now() + 60_000;
    while (Deno.memoryUsage().heapTotal > before / 2 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log(Deno.memoryUsage().heapTotal < before / 2, typeof globalThis.gc);
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", "--no-config", program],
  }).output();
  assert.equal(
    new TextDecoder().decode(stdout),
    "true undefined\n",
    new TextDecoder().decode(stderr),
  );
});
