import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findKubectl } from "../../e2e/kubectl.ts";
import type { Scenario } from "../scenario.ts";

export const kubectlPlugin: Scenario = {
  name: "as a plugin of kubectl",
  ignore: findKubectl() === undefined,
  async run(world) {
    const bin = join(world.dir, "bin");
    const script = fileURLToPath(
      new URL("../../../cli/install.ts", import.meta.url),
    );
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, "--dir", bin],
    }).output();
    assert.ok(success);
    const { code, stdout, stderr } = await new Deno.Command(findKubectl()!, {
      args: ["faros", "repository", "get", "fleet", "-o", "name"],
      env: {
        PATH: [bin, Deno.env.get("PATH")].join(delimiter),
        KUBECONFIG: world.up.kubeconfigPath,
      },
    }).output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stderr));
    assert.equal(text.decode(stdout), "repository.gitops.faros.sh/fleet\n");
  },
};
