import * as core from "../../api/core.ts";
import { COMMIT_ANNOTATION, SOURCE_ANNOTATION } from "../../api/names.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Address, LoadTool } from "../load_tool.ts";

/** Options of {@linkcode ServerSide.start}. */
export interface ServerSideOptions {
  client: KubeClient;
  tool: LoadTool;
  address: Address;
  namespace: string;
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

  /** Makes the namespace. */
  static async start(options: ServerSideOptions): Promise<ServerSide> {
    await options.client.create(core.Namespace, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: options.namespace },
    });
    return new ServerSide(options);
  }

  /** Milliseconds for so many manifests with that value. */
  async apply(manifests: number, value: string): Promise<number> {
    const { tool, address, namespace } = this.#options;
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
      objects: manifests,
      requests: manifests,
    });
    return manifests / perSecond * 1000;
  }
}
