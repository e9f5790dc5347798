import {
  COMMIT_ANNOTATION,
  SOURCE_ANNOTATION,
  SYNC_SERVICE_ACCOUNT,
} from "../../api/names.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Address, LoadTool } from "../load_tool.ts";

/** Options of {@linkcode ServerSide.start}. */
export interface ServerSideOptions {
  client: KubeClient;
  tool: LoadTool;
  address: Address;
  /** What its workspaces begin with; {@linkcode ServerSide.workspaces} has to be there. */
  name: string;
}

/** Manifests to apply. */
export interface Manifests {
  n: number;
  /** In each of them. */
  value: string;
}

/** When it applies. */
const TIMES = ["before", "after"] as const;

/**
 * How long the API server itself takes to apply manifests, with the label and
 * the annotations that an object of a repository has, in a workspace and by the
 * ServiceAccount as which the hub syncs it: what it costs to know who that is
 * and what they may do, to check, to merge and to store is not the hub's time.
 */
export class ServerSide {
  readonly #options: ServerSideOptions;
  /** Of each time's ServiceAccount. */
  readonly #tokens: Map<string, string>;

  private constructor(options: ServerSideOptions, tokens: Map<string, string>) {
    this.#options = options;
    this.#tokens = tokens;
  }

  /** The workspaces in which it applies. */
  static workspaces(name: string): string[] {
    return TIMES.map((when) => `${name}-${when}`);
  }

  /** Signs in to its workspaces. */
  static async start(options: ServerSideOptions): Promise<ServerSide> {
    const { client, name } = options;
    const tokens = new Map<string, string>();
    for (const workspace of ServerSide.workspaces(name)) {
      const { token } = await client.createToken(
        workspace,
        SYNC_SERVICE_ACCOUNT,
      );
      tokens.set(workspace, token);
    }
    return new ServerSide(options, tokens);
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
    when: typeof TIMES[number],
  ): Promise<number> {
    const { tool, address, name } = this.#options;
    const namespace = `${name}-${when}`;
    const token = this.#tokens.get(namespace)!;
    const { perSecond } = await tool.run({ ...address, token }, {
      method: "PATCH",
      path:
        `/api/v1/namespaces/${namespace}/configmaps/config-%d?fieldManager=bench&force=true&fieldValidation=Strict`,
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
