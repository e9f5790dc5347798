/**
 * Runs every command of the README, as a new user would.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  codeBlocks,
  missingPrograms,
  newUser,
  run,
  start,
} from "./page_commands.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

Deno.test("README names the tasks that there are", async () => {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const { tasks } = JSON.parse(
    await Deno.readTextFile(join(root, "deno.json")),
  );
  const named = [...readme.matchAll(/task ([a-z:-]+)/g)].map((m) => m[1]!);
  assert.ok(named.includes("demo") && named.includes("test"));
  for (const task of named) assert.ok(tasks[task], `no task ${task}`);
});

const missing = await missingPrograms();

Deno.test({
  name: `README's first fleet runs as written${
    missing ? `: skipped, ${missing}` : ""
  }`,
  ignore: missing !== undefined,
  async fn() {
    const readme = await Deno.readTextFile(join(root, "README.md"));
    const [, section] = readme.split("## A first fleet");
    const dir = await Deno.makeTempDir({ prefix: "faros-readme-" });
    const env = await newUser(dir);
    const running: Awaited<ReturnType<typeof start>>[] = [];
    const outputs: string[] = [];
    try {
      for (const block of codeBlocks(section!)) {
        assert.ok("commands" in block);
        const { stays, commands } = block;
        // Tasks are of the checkout; everything else happens in the user's folder. Port 9100, where the device's
        // metrics are, may be in use here.
        const here = commands
          .replaceAll(/^(npx .*)$/gm, '(cd "$FAROS_ROOT" && $1)')
          .replaceAll("interval: 10s", "interval: 10s, listen: '127.0.0.1:0'");
        if (!stays) {
          outputs.push(await run(here, { cwd: dir, env }));
        } else {
          const up = here.startsWith("faros up");
          running.push(
            await start(
              up ? `${here.trim()} --listen 127.0.0.1:0` : here.trim(),
              { cwd: dir, env, ready: up ? /^ready\b/m : undefined },
            ),
          );
        }
      }
      const seen = outputs.at(-1)!;
      assert.match(seen, /agent\.edge\.faros\.sh\/pi condition met/);
      // Help and errors name the program as it was called.
      for (const program of ["faros", "kubectl faros"]) {
        const help = await run(`${program} agent get --help`, {
          cwd: dir,
          env,
        });
        assert.match(help, new RegExp(`^ {2}${program} agent get`, "m"));
      }
      assert.match(seen, /^home +pi +True +True +True +\w+ +r-[0-9a-f]{40}/m);
    } finally {
      for (const process of running.reverse()) {
        process[Symbol.dispose]();
        await process.ended().catch(() => {});
      }
      await Deno.remove(dir, { recursive: true });
    }
  },
});
