/**
 * Runs every command of docs/kcp.md, as a new user would.
 *
 * @module
 */
import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kcpMissing } from "./engines/kcp_server.ts";
import { freePort } from "./engines/process.ts";
import {
  codeBlocks,
  missingPrograms,
  newUser,
  run,
  start,
} from "./page_commands.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const missing = kcpMissing() ?? await missingPrograms();

Deno.test({
  name: `docs/kcp.md's commands run as written${
    missing ? `: skipped, ${missing}` : ""
  }`,
  ignore: missing !== undefined,
  async fn() {
    const page = await Deno.readTextFile(join(root, "docs", "kcp.md"));
    const dir = await Deno.makeTempDir({ prefix: "faros-kcp-page-" });
    const env = await newUser(dir);
    env.PATH += delimiter + Deno.env.get("KCP_ASSETS");
    const running: Awaited<ReturnType<typeof start>>[] = [];
    const outputs: string[] = [];
    const ports = [freePort(), freePort()];
    try {
      for (const block of codeBlocks(page)) {
        assert.ok("commands" in block);
        // Tasks are of the checkout. Ports may be in use here, where the device's metrics are, too.
        const commands = block.commands
          .replaceAll(/^(npx .*)$/gm, '(cd "$FAROS_ROOT" && $1)')
          .replace(
            "--secure-port 6443",
            `--secure-port ${freePort()} --embedded-etcd-client-port ${
              ports[0]
            } --embedded-etcd-peer-port ${ports[1]}`,
          )
          .replace("--listen 127.0.0.1:8443", "--listen 127.0.0.1:0")
          .replaceAll("interval: 10s", "interval: 10s, listen: '127.0.0.1:0'");
        if (block.stays) {
          const hub = commands.startsWith("faros hub");
          running.push(
            await start(commands.trim(), {
              cwd: dir,
              env,
              ready: hub ? /^ready\b.* engine=kcp$/m : undefined,
            }),
          );
        } else outputs.push(await run(commands, { cwd: dir, env }));
      }
      const all = outputs.join("");
      for (
        const seen of [
          /^https:\/\/127\.0\.0\.1:\d+\/clusters\/root:faros:factory-a$/m,
          /^agent\.edge\.faros\.sh\/press-1 condition met$/m,
          /^press-1 +True +True +True +Accepted +r-[0-9a-f]{40}/m,
          /^factory-a +press-1 +True +True +True +Accepted +r-[0-9a-f]{40}/m,
        ]
      ) assert.match(all, seen);
      const hers = "KUBECONFIG=ann.kubeconfig kubectl faros agent get -A 2>&1";
      assert.match(
        await run(`${hers} || true`, { cwd: dir, env }),
        /Cannot look into all workspaces: .* name one with -w: .*forbidden/,
      );
      // What ann sees and may.
      assert.match(outputs.at(-1)!, /^press-1 .*\nyes\nno\b/m);
    } finally {
      for (const process of running.reverse()) {
        process[Symbol.dispose]();
        await process.ended().catch(() => {});
      }
      await Deno.remove(dir, { recursive: true });
    }
  },
});
