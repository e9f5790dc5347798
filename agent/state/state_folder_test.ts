import assert from "node:assert/strict";
import { z } from "zod";
import { createLogger } from "../../kube/log.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import { StateFolder } from "./state_folder.ts";

async function withFolder(test: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir({ prefix: "faros-state-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function child(source: string, dir: string): Deno.ChildProcess {
  const module = new URL("./state_folder.ts", import.meta.url).href;
  return new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--quiet",
      "--config",
      new URL("../../deno.json", import.meta.url).pathname,
      `const { StateFolder } = await import(${JSON.stringify(module)});
       const state = await StateFolder.open(${JSON.stringify(dir)});
       ${source}`,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

Deno.test("only its owner can read the state folder and what is in it", {
  ignore: Deno.build.os === "windows",
}, () =>
  withFolder(async (dir) => {
    using state = await StateFolder.open(`${dir}/state`);
    await state.writeJson("x.json", { a: 1 });
    const mode = (path: string) => Deno.statSync(path).mode! & 0o777;
    assert.equal(mode(`${dir}/state`), 0o700);
    assert.equal(mode(`${dir}/state/x.json`), 0o600);
  }));

Deno.test("a second agent cannot have the folder while the first lives, and can once it was killed", () =>
  withFolder(async (dir) => {
    const holder = child(
      `console.log("open"); setInterval(() => {}, 1000);`,
      dir,
    );
    const reader = holder.stdout.getReader();
    await reader.read();
    const second = child(`console.log("open");`, dir);
    const result = await second.output().catch(() => undefined);
    assert.notEqual(result?.code, 0);
    holder.kill("SIGKILL");
    await holder.status;
    await reader.cancel();
    using _state = await StateFolder.open(dir);
  }));

Deno.test("a kill amid writes leaves the old or the new value whole, and no litter", async () => {
  const Value = z.object({ n: z.int(), fill: z.string() });
  for (let round = 0; round < 5; round++) {
    await withFolder(async (dir) => {
      const writer = child(
        `for (let n = 0;; n++) {
           await state.writeJson("x.json", { n, fill: String(n % 10).repeat(200000) });
           if (n === 0) console.log("writes");
         }`,
        dir,
      );
      const reader = writer.stdout.getReader();
      await reader.read();
      const seen = await Deno.readTextFile(`${dir}/x.json`);
      // Killed at a moment of its own in each round: after that many writes.
      let changes = 0;
      let last = seen;
      await eventually(async () => {
        const now = await Deno.readTextFile(`${dir}/x.json`);
        if (now !== last) changes++;
        last = now;
        return changes > round;
      });
      writer.kill("SIGKILL");
      await writer.status;
      await reader.cancel();
      using state = await StateFolder.open(dir);
      const value = await state.readJson("x.json", Value);
      assert.equal(value!.fill, String(value!.n % 10).repeat(200000));
      const names = [...Deno.readDirSync(dir)].map(({ name }) => name);
      assert.deepEqual(names.filter((name) => name.startsWith(".tmp-")), []);
    });
  }
});

Deno.test("a damaged file is set aside and said, so that the device gets on without it", () =>
  withFolder(async (dir) => {
    const logs: string[] = [];
    const log = createLogger({ write: (line) => logs.push(line) });
    using state = await StateFolder.open(dir, { log });
    const Value = z.object({ token: z.string() });
    for (const text of ["", `{"token":"s3cret`, `{"token":3}`]) {
      await state.write("x.json", text);
      assert.equal(await state.readJson("x.json", Value), undefined);
      assert.equal(await Deno.readTextFile(`${dir}/x.json.damaged`), text);
    }
    assert.equal(logs.length, 3);
    assert.match(logs[0]!, /damaged.*x\.json/);
    assert.doesNotMatch(logs.join(), /s3cret/);
    await state.writeJson("x.json", { token: "t" });
    assert.deepEqual(await state.readJson("x.json", Value), { token: "t" });
  }));
