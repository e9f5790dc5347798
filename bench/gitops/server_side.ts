import * as core from "../../api/core.ts";
import { COMMIT_ANNOTATION, SOURCE_ANNOTATION } from "../../api/names.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Address, LoadTool } from "../load_tool.ts";

/** Options of {@linkcode ServerSide.start}. */
export interface ServerSideOptions {
  client: KubeClient;
  tool: LoadTool;
  address: Address;
  /** What its namespaces begin with. */
  name: string;
}

/** Manifests to apply. */
export interface Manifests {
  n: number;
  /** In each of them. */
  value: string;
}

/**
 * How long the API server itself takes to apply manifests, whoever sends them,
 * with the label and the annotations that an object of a repository has: what
 * it costs to store and to merge them is not the hub's time.
 */
export class ServerSide {
  readonly #options: ServerSideOptions;

  private constructor(options: ServerSideOptions) {
    this.#options = options;
  }

  /** Makes its namespaces. */
  static async start(options: ServerSideOptions): Promise<ServerSide> {
    for (const when of ["before", "after"]) {
      await options.client.create(core.Namespace, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: `${options.name}-${when}` },
      });
    }
    return new ServerSide(options);
  }

  /**
   * Does something else, and applies manifests before and after it, since a
   * machine is not as fast all the time.
   *
   * @returns Also the milliseconds for these manifests: the mean of both.
   */
  async around<T>(
    work: () => Promise<T>,
    manifests: Manifests,
  ): Promise<{ result: T; ms: number }> {
    const before = await this.#apply(manifests, "before");
    const result = await work();
    const after = await this.#apply(manifests, "after");
    return { result, ms: (before + after) / 2 };
  }

  async #apply(
    { n, value }: Manifests,
    when: "before" | "after",
  ): Promise<number> {
    const { tool, address, name } = this.#options;
    const namespace = `${name}-${when}`;
    const { perSecond } = await tool.run(address, {
      method: "PATCH",
      path:
        `/api/v1/namespaces/${namespace}/configmaps/config-%d?fieldManager=bench&force=true`,
      type: "application/apply-patch+yaml",
      body: JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "config-%d",
          namespace,
          // As long as that of an apply set, whose members the hub would watch.
          labels: { "applyset.example.org/part-of": "x".repeat(56) },
          annotations: {
            [COMMIT_ANNOTATION]: value.padEnd(40, "0"),
            [SOURCE_ANNOTATION]: `workspaces/${namespace}/config-%d.yaml:1`,
          },
        },
        data: { value, text: "x".repeat(200) },
      }),
      objects: n,
      requests: n,
    });
    return n / perSecond * 1000;
  }
}
