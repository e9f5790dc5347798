import assert from "node:assert/strict";
import { join } from "node:path";
import { bufferIo } from "../io.ts";
import { main } from "../main.ts";

async function generate(...args: string[]) {
  const io = bufferIo();
  const code = await main(["generate", ...args], { io });
  return { code, out: io.stdout, err: io.stderr };
}

for (const what of ["crds", "schemas", "docs", "argocd", "flux"]) {
  Deno.test(`generate ${what} --check finds what is stale, missing or too much`, async () => {
    const dir = await Deno.makeTempDir();
    try {
      const check = () => generate(what, "-o", dir, "--check");
      assert.equal((await check()).code, 1);
      assert.equal((await generate(what, "-o", dir)).code, 0);
      assert.deepEqual(await check(), { code: 0, out: "", err: "" });

      const [first] = await Array.fromAsync(Deno.readDir(dir));
      await Deno.writeTextFile(join(dir, first!.name), "stale");
      await Deno.writeTextFile(join(dir, "left-over"), "");
      const { code, err } = await check();
      assert.equal(code, 1);
      assert.match(err, /is out of date/);
      assert.match(err, /left-over is not generated/);

      // What somebody else has put there stays, and nothing is written beside it.
      const refused = await generate(what, "-o", dir);
      assert.equal(refused.code, 1);
      assert.match(refused.err, /it holds left-over, which is not generated/);
      assert.equal(await Deno.readTextFile(join(dir, "left-over")), "");
      assert.equal(await Deno.readTextFile(join(dir, first!.name)), "stale");

      await Deno.remove(join(dir, "left-over"));
      assert.equal((await generate(what, "-o", dir)).code, 0);
      assert.equal((await check()).code, 0);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}
