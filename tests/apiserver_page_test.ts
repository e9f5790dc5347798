/**
 * Runs every command of docs/apiserver.md, as a new user would, and the tests that it shows.
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
const missing = await missingPrograms();

Deno.test({
  name: `docs/apiserver.md's commands run as written${
    missing ? `: skipped, ${missing}` : ""
  }`,
  ignore: missing !== undefined,
  async fn() {
    const page = await Deno.readTextFile(join(root, "docs", "apiserver.md"));
    const dir = await Deno.makeTempDir({ prefix: "faros-page-" });
    const env = await newUser(dir);
    // The page is written for a folder beside a checkout.
    const cwd = join(dir, "widgets");
    await Deno.mkdir(cwd);
    await Deno.symlink(root, join(dir, "faros"));
    const running: Awaited<ReturnType<typeof start>>[] = [];
    let output = "";
    try {
      for (const block of codeBlocks(page)) {
        if ("file" in block) {
          await Deno.writeTextFile(join(cwd, block.file), block.content);
          continue;
        }
        // Tasks are of the checkout. Ports may be in use here.
        const commands = block.commands
          .replaceAll(/^(npx .*)$/gm, '(cd "$FAROS_ROOT" && $1)')
          .replaceAll(/127\.0\.0\.1:644\d/g, "127.0.0.1:0");
        if (block.stays) {
          running.push(
            await start(commands.trim(), { cwd, env, ready: /^ready\b/m }),
          );
        } else output += await run(commands, { cwd, env });
      }
      for (
        const seen of [
          /^deployment\.apps\/web created$/m,
          /^web +0\/1 +0 +0 /m,
          /^In memory at https:/m,
          /^kube\.backup: resourceVersion \d+ of /m,
          /^kube-restored: restored resourceVersion /m,
          /^kube-restored\/store\.db: ok, \d+ rows, /m,
          /^saved\.backup: resourceVersion \d+ of /m,
          /^secret\/door created$/m,
          /^all as it should be$/m,
          /\b1 passed \| 0 failed\b/,
        ]
      ) assert.match(output, seen);
    } finally {
      for (const process of running.reverse()) {
        process[Symbol.dispose]();
        await process.ended().catch(() => {});
      }
      await Deno.remove(dir, { recursive: true });
    }
  },
});
