import assert from "node:assert/strict";
import { join } from "node:path";
import { FakeClock } from "./clock.ts";
import { lockKubeconfig } from "./kubeconfig_lock.ts";

async function withFolder(test: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("lockKubeconfig() waits until another program is done", async () => {
  await withFolder(async (dir) => {
    const path = join(dir, "config");
    const clock = new FakeClock(Date.now());
    const other = await lockKubeconfig([path], { clock });
    let ours = false;
    const lock = lockKubeconfig([path], { clock });
    lock.then(() => ours = true);
    await clock.untilSleeping();
    await clock.advance(100);
    assert.equal(ours, false);
    await other[Symbol.asyncDispose]();
    await clock.untilSleeping();
    await clock.advance(100);
    await (await lock)[Symbol.asyncDispose]();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(dir)), []);
  });
});

Deno.test("lockKubeconfig() takes a lock that a dead program left", async () => {
  await withFolder(async (dir) => {
    const path = join(dir, "config");
    await Deno.writeTextFile(`${path}.lock`, "");
    const ago = new Date(Date.now() - 11_000);
    await Deno.utime(`${path}.lock`, ago, ago);
    await (await lockKubeconfig([path]))[Symbol.asyncDispose]();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(dir)), []);
  });
});

Deno.test("lockKubeconfig() gives back what it has when it is told to stop", async () => {
  await withFolder(async (dir) => {
    const [a, b] = [join(dir, "a"), join(dir, "b")];
    const clock = new FakeClock(Date.now());
    const other = await lockKubeconfig([b], { clock });
    const stop = new AbortController();
    const { signal } = stop;
    const lock = lockKubeconfig([b, a], { clock, signal });
    await clock.untilSleeping();
    stop.abort();
    await assert.rejects(lock, { name: "AbortError" });
    const left = await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
    assert.deepEqual(left, ["b.lock"]);
    await other[Symbol.asyncDispose]();
  });
});

Deno.test("lockKubeconfig() locks nothing in a folder that is not there", async () => {
  await withFolder(async (dir) => {
    await using _ = await lockKubeconfig([join(dir, "none", "config")]);
  });
});
