import { dirname, join } from "node:path";
import * as core from "../../api/core.ts";
import type { KubeClient } from "../../kube/client.ts";
import { createKubectl, type Kubectl } from "../../tests/e2e/kubectl.ts";

/** Name of the parent of the set, as KEP-3659 has it. */
const SET = "configmaps/bench";

/** `kubectl apply --prune --applyset` of a folder. */
export class KubectlSide {
  readonly #kubectl: Kubectl;
  readonly #dir: string;
  readonly #namespace: string;

  private constructor(
    kubectl: Kubectl,
    { dir, namespace }: { dir: string; namespace: string },
  ) {
    this.#kubectl = kubectl;
    this.#dir = dir;
    this.#namespace = namespace;
  }

  /** Makes the namespace, and the folder below `dir`. */
  static async start(
    dir: string,
    of: { kubeconfig: string; client: KubeClient; namespace: string },
  ): Promise<KubectlSide> {
    const { kubeconfig, client, namespace } = of;
    await client.create(core.Namespace, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
    const folder = join(dir, namespace);
    await Deno.mkdir(folder, { recursive: true });
    const kubectl = createKubectl(kubeconfig, { dir });
    return new KubectlSide(kubectl, { dir: folder, namespace });
  }

  /** Milliseconds that kubectl takes once these files are as they ought to be. */
  async apply(files: Record<string, string>): Promise<number> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.#dir, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, text);
    }
    const start = performance.now();
    const { code, stderr } = await this.#kubectl([
      ...["apply", "--server-side", "--prune", "--applyset", SET],
      ...["--namespace", this.#namespace],
      ...["--recursive", "--filename", this.#dir],
    ], { env: { KUBECTL_APPLYSET: "true" } });
    if (code !== 0) throw new Error(`kubectl ended with ${code}: ${stderr}`);
    return performance.now() - start;
  }
}
