/**
 * What docs/devices.md tells to do on a device, on a machine that boots systemd.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent } from "../api/agent.ts";
import { Lease } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { bufferIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { selfCommand } from "../cli/self_command.ts";
import { startUp } from "../hub/up.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { codeBlocks } from "./page_commands.ts";
import { Machine } from "./systemd/machine.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const missing = await Machine.missing();
const DEVICE = { namespace: "factory-a", name: "press-1" };

Deno.test({
  name: `docs/devices.md: installed, killed, unplugged, upgraded, removed${
    missing ? `: skipped, ${missing}` : ""
  }`,
  ignore: missing !== undefined,
  async fn() {
    const page = await Deno.readTextFile(join(root, "docs", "devices.md"));
    const [install, upgrade, retire, ...others] = codeBlocks(page).map(
      (block) => "commands" in block ? block.commands : assert.fail(block.file),
    );
    assert.equal(others.length, 0);
    const dir = await Deno.makeTempDir({ prefix: "faros-systemd-" });
    try {
      await using up = await startUp({ dataDir: join(dir, "hub") });
      await up.leading;
      const at = ["-w", DEVICE.namespace, "--kubeconfig", up.kubeconfigPath];
      const faros = async (...args: string[]) => {
        const io = bufferIo();
        assert.equal(await main(args, { io }), 0, io.stderr);
      };
      const { kubeconfigPath } = up;
      await faros(
        "workspace",
        "create",
        DEVICE.namespace,
        "--kubeconfig",
        kubeconfigPath,
      );
      const bundle = join(dir, "bundle");
      await Deno.mkdir(bundle);
      const kubeconfig = join(bundle, "press-1.kubeconfig");
      await faros("agent", "generate", DEVICE.name, "-f", kubeconfig, ...at);
      await Deno.copyFile(
        join(root, "deploy", "systemd", "faros-agent.service"),
        join(bundle, "faros-agent.service"),
      );
      await writeProgram(join(bundle, "faros"));

      const { namespace, name } = DEVICE;
      const agent = () => up.client.tryGet<Agent>(Agent, name, { namespace });
      const says = (type: string, reason: string) =>
        eventually(
          async () =>
            (await agent())?.status?.conditions?.some((c) =>
              c.type === type && c.reason === reason
            ),
          { what: `${type} with reason ${reason}` },
        );
      const lease = async () =>
        (await up.client.get<KubeObject>(Lease, name, { namespace })).metadata
          .resourceVersion;

      await Deno.mkdir(join(dir, "disk"));
      await using machine = new Machine(join(dir, "disk"));
      await machine.boot();
      const ask = (property: string) =>
        machine.run(`systemctl show faros-agent -P ${property}`);
      const commands = (text: string) => machine.run(text, { cwd: bundle });

      await commands(install!);
      await says("UpToDate", "Converged");
      const { uid } = (await agent())!.metadata;
      const state = "stat -c %a /var/lib/faros /etc/faros/join.kubeconfig";
      assert.equal(await machine.run(state), "700\n600");

      await machine.run("systemctl kill --signal=KILL faros-agent");
      await eventually(async () => Number(await ask("NRestarts")) > 0, {
        what: "systemd to start it again",
      });

      // It knows its way without what it joined by.
      await machine.run("rm /etc/faros/join.kubeconfig");
      await machine.cutPower();
      const before = await lease();
      await machine.boot();
      await eventually(async () => await lease() !== before, {
        what: "the device to be back",
      });
      assert.equal((await agent())!.metadata.uid, uid);

      const first = await ask("MainPID");
      await commands(upgrade!);
      assert.notEqual(await ask("MainPID"), first);
      assert.equal(await ask("ActiveState"), "active");
      await says("UpToDate", "Converged");

      await commands(retire!);
      await says("UpToDate", "AgentStopped");
      assert.equal(await machine.run("ls /var/lib"), "");
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** The binary of faros: this checkout, with where this process has its packages. */
async function writeProgram(path: string): Promise<void> {
  const info = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] });
  const { stdout } = await info.output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  const command = selfCommand().map((part) => `'${part}'`).join(" ");
  await Deno.writeTextFile(
    path,
    `#!/bin/sh\nexport DENO_DIR='${denoDir}'\nexec ${command} "$@"\n`,
    { mode: 0o755 },
  );
}
