import { Agent } from "../../api/agent.ts";
import { Secret } from "../../api/core.ts";
import type { Kind, Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import type { Workspace as WorkspaceObject } from "../../api/workspace.ts";
import { Workspace } from "../../api/workspace.ts";
import { startApiServer } from "../../apiserver/mod.ts";
import { type Hub, type HubOptions, startHub } from "../../hub/mod.ts";
import { KubeClient } from "../../kube/client.ts";
import type { RequestOptions, RestClient } from "../../kube/contract.ts";
import { getCondition } from "../../kube/conditions.ts";
import { createLogger } from "../../kube/log.ts";
import { createRestClient } from "../../kube/rest_client.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import {
  kubeApiserverMissing,
  startKubeApiserver,
} from "../engines/kube_apiserver.ts";

/** A Kubernetes API to run a hub on. */
export interface HubEngine {
  name: string;
  missing?: string | undefined;
  start(): Promise<
    { url: string; caData: string; adminToken: string; close(): Promise<void> }
  >;
}

/** Those that the hub is tested on. */
export const engines: HubEngine[] = [
  { name: "embedded", start: () => startApiServer() },
  {
    name: "kube-apiserver",
    missing: kubeApiserverMissing(),
    start: async () => (await startKubeApiserver({ controllerManager: true }))!,
  },
];

/** Options of {@linkcode HubEnvironment.start}. */
export interface HubEnvironmentOptions extends Partial<HubOptions> {
  /** Called before each request of the hub, which waits for it. */
  before?: (request: RequestOptions) => Promise<void> | void;
}

/** A hub on an engine. */
export class HubEnvironment implements AsyncDisposable {
  readonly client: KubeClient;
  readonly hub: Hub;
  readonly server: { url: string; caData: string };
  readonly logs: string[];
  readonly #close: AsyncDisposableStack;

  private constructor(parts: {
    client: KubeClient;
    hub: Hub;
    server: { url: string; caData: string };
    logs: string[];
    close: AsyncDisposableStack;
  }) {
    this.client = parts.client;
    this.hub = parts.hub;
    this.server = parts.server;
    this.logs = parts.logs;
    this.#close = parts.close;
  }

  static async start(
    engine: HubEngine,
    { before, ...options }: HubEnvironmentOptions = {},
  ): Promise<HubEnvironment> {
    await using stack = new AsyncDisposableStack();
    const server = await engine.start();
    stack.defer(() => server.close());
    const { url, caData } = server;
    const rest = createRestClient({
      server: url,
      caData,
      token: server.adminToken,
    });
    const client = new KubeClient(rest);
    stack.defer(() => client.close());
    const stateDir = await Deno.makeTempDir({ prefix: "faros-hub-" });
    stack.defer(() => Deno.remove(stateDir, { recursive: true }));
    const logs: string[] = [];
    const performRequest = async (request: RequestOptions) => {
      await before?.(request);
      return await rest.performRequest(request);
    };
    const hub = await startHub({
      client: before
        ? new KubeClient({
          performRequest: performRequest as RestClient["performRequest"],
          [Symbol.dispose]: () => {},
        })
        : client,
      engine: { url, caData },
      stateDir,
      gitops: false,
      leaderElection: false,
      log: createLogger({ level: "debug", write: (line) => logs.push(line) }),
      ...options,
    });
    stack.use(hub);
    await hub.leading;
    return new HubEnvironment({
      client,
      hub,
      server,
      logs,
      close: stack.move(),
    });
  }

  /** A client with that bearer token. */
  as(token: string): KubeClient {
    const { url: server, caData } = this.server;
    return new KubeClient(createRestClient({ server, caData, token }));
  }

  /** Creates an object. */
  create<T extends KubeObject = KubeObject>(
    kind: Kind,
    name: string,
    rest: { namespace?: string; spec?: unknown } = {},
  ): Promise<T> {
    const { namespace, spec = {} } = rest;
    return this.client.create<KubeObject>(kind, {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { name, ...(namespace ? { namespace } : {}) },
      spec,
    } as KubeObject, { fieldValidation: "Strict" }) as Promise<T>;
  }

  /** Creates a Workspace and waits for its place. */
  async workspace(
    name: string,
    spec: WorkspaceObject["spec"] = {},
  ): Promise<void> {
    await this.create(Workspace, name, { spec });
    await this.until(Workspace, { name }, "is Ready", condition("Ready"));
  }

  /** Waits until an object is so. */
  until<T extends KubeObject>(
    resource: Resource,
    { namespace, name }: { namespace?: string; name: string },
    what: string,
    probe: (object: T) => unknown,
  ): Promise<T> {
    let seen: T | undefined;
    return eventually(async () => {
      seen = await this.client.tryGet<T>(resource, name, { namespace });
      return seen && probe(seen) ? seen : undefined;
    }, { timeout: 60_000 }).catch((error) => {
      throw new Error(
        `${resource.kind} ${namespace}/${name} never ${what}; it is ${
          JSON.stringify((seen as { status?: unknown })?.status)
        }\n${this.logs.slice(-20).join("\n")}`,
        { cause: error },
      );
    });
  }

  untilAgent(
    namespace: string,
    name: string,
    what: string,
    probe: (agent: Agent) => unknown,
  ): Promise<Agent> {
    return this.until<Agent>(Agent, { namespace, name }, what, probe);
  }

  /** Data of a Secret, decoded. */
  async secret(
    namespace: string,
    name: string,
  ): Promise<Record<string, string>> {
    const { data } = await this.client.get<
      KubeObject & { data: Record<string, string> }
    >(Secret, name, { namespace });
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [
        key,
        new TextDecoder().decode(Uint8Array.fromBase64(value)),
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close.disposeAsync();
  }
}

/** A probe: the condition is True, or is False or True with that reason. */
export function condition(type: string, reason?: string) {
  return (object: KubeObject): boolean => {
    const { status, metadata } = object as Agent;
    const found = getCondition(status?.conditions, type);
    if ((found?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
      return false;
    }
    return reason ? found?.reason === reason : found?.status === "True";
  };
}

/** A plugin that provides Monitoring of type `probe`, with a secret in its config. */
export function probePlugin(
  options: {
    name?: string;
    version?: string;
    needs?: string[];
    permissions?: PluginBundle["permissions"];
  } = {},
): PluginBundle {
  const { name = "probe", version = "1.0.0", needs } = options;
  const permissions = options.permissions ?? (needs && { net: needs });
  return {
    name,
    description: "A plugin of a test",
    version,
    form: "script",
    runs: "device",
    provides: [{ kind: "Monitoring", type: "probe" }],
    ...(permissions ? { permissions } : {}),
    configSchema: {
      type: "object",
      properties: {
        port: { type: "integer" },
        password: { type: "string", writeOnly: true },
      },
      additionalProperties: false,
    },
    code: new TextEncoder().encode(`export default "${name} ${version}";\n`),
  };
}
