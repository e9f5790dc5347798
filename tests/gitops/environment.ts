import { startApiServer } from "../../apiserver/mod.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Repository } from "../../api/repository.ts";
import { Repository as RepositoryKind } from "../../api/repository.ts";
import { createGitOps, type GitOps } from "../../gitops/mod.ts";
import { PluginKinds } from "../../hub/kinds/plugin_kinds.ts";
import type { HubContext } from "../../hub/controllers/context.ts";
import { runWorkspaceController } from "../../hub/controllers/workspace.ts";
import { install } from "../../hub/install.ts";
import {
  clusterConfig,
  createLogger,
  createRestClient,
  InformerFactory,
  isTrue,
  KubeClient,
  namespaceWorkspaces,
  parseKubeconfig,
  systemClock,
  type WorkspaceProvider,
} from "../../kube/mod.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import { startKubeApiserver } from "../engines/kube_apiserver.ts";
import { type GitRepository, makeGitRepository } from "./git_repository.ts";

/** An API server with the kinds of Faros, workspaces, and GitOps at work. */
export interface Environment extends AsyncDisposable {
  client: KubeClient;
  provider: WorkspaceProvider;
  git: GitRepository;
  gitops: GitOps;
  /** Log lines so far. */
  log: string[];
  /** Makes a Repository, `fleet` of `git` unless said otherwise. */
  follow(
    spec?: Partial<Repository["spec"]>,
    options?: { name?: string },
  ): Promise<void>;
  /** Waits until the status of a Repository is as wanted. */
  status(
    isSo: (status: NonNullable<Repository["status"]>) => unknown,
    options?: { name?: string; timeout?: number },
  ): Promise<NonNullable<Repository["status"]>>;
  /** Waits until all of a commit is applied. */
  applied(
    commit: string,
    options?: { name?: string },
  ): Promise<NonNullable<Repository["status"]>>;
  /** Ends GitOps, as a crash would but for what it was just doing, and starts it anew. */
  restart(): Promise<void>;
}

/** Starts an {@linkcode Environment}. */
export async function startEnvironment(
  options: { engine?: "embedded" | "kubernetes" } = {},
): Promise<Environment> {
  const { engine = "embedded" } = options;
  const stack = new AsyncDisposableStack();
  try {
    let config;
    if (engine === "embedded") {
      const server = await startApiServer();
      stack.defer(() => server.close());
      config = clusterConfig(parseKubeconfig(server.kubeconfig()));
    } else {
      const server = await startKubeApiserver({ controllerManager: true });
      if (!server) throw new Error("KUBEBUILDER_ASSETS is not set");
      stack.defer(() => server.close());
      config = clusterConfig(
        parseKubeconfig(await Deno.readTextFile(server.kubeconfigPath)),
      );
    }
    const client = new KubeClient(createRestClient(config));
    stack.defer(() => client.close());
    return await build({ client, server: config.server, stack });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function build(
  of: { client: KubeClient; server: string; stack: AsyncDisposableStack },
): Promise<Environment> {
  const { client, server, stack } = of;
  await install(client);
  const git = stack.use(await makeGitRepository());
  const stateDir = await Deno.makeTempDir({ prefix: "faros-gitops-" });
  stack.defer(() => Deno.remove(stateDir, { recursive: true }));
  const provider = namespaceWorkspaces({ client, server });
  const log: string[] = [];
  const logger = createLogger({
    level: "debug",
    write: (line) => {
      log.push(line);
      if (Deno.env.get("FAROS_TEST_LOG")) console.error(line);
    },
  });
  const hub = new AbortController();
  const informers = new InformerFactory(client, { signal: hub.signal });
  const context = {
    client,
    provider,
    informers,
    clock: systemClock,
    log: logger,
    signal: hub.signal,
  } as HubContext;
  const workspaces = runWorkspaceController({
    ...context,
    pluginKinds: await PluginKinds.open(context),
  });
  stack.defer(async () => {
    hub.abort();
    await workspaces;
    await informers.done();
  });
  let stop = new AbortController();
  let running: Promise<void>;
  const start = () => {
    stop = new AbortController();
    const gitops = createGitOps({
      client,
      provider,
      stateDir,
      log: logger,
      signal: stop.signal,
    });
    running = gitops.run();
    return gitops;
  };
  const environment: Environment = {
    client,
    provider,
    git,
    gitops: start(),
    log,
    async follow(spec = {}, { name = "fleet" } = {}) {
      await client.apply(RepositoryKind, {
        apiVersion: RepositoryKind.apiVersion,
        kind: "Repository",
        metadata: { name },
        spec: { url: git.path, interval: "1m", ...spec },
      } as KubeObject, { fieldManager: "test", force: true });
    },
    async status(isSo, { name = "fleet", timeout = 60_000 } = {}) {
      let last: Repository["status"];
      try {
        return await eventually(async () => {
          const object = await client.tryGet<Repository>(RepositoryKind, name);
          last = object?.status;
          return last && isSo(last) ? last : undefined;
        }, { timeout, what: "the Repository's status as wanted" });
      } catch (error) {
        throw new Error(`${error}: ${JSON.stringify(last, null, 1)}`);
      }
    },
    applied(commit, options) {
      return environment.status(
        (status) =>
          status.appliedCommit === commit && isTrue(status.conditions, "Ready"),
        options,
      );
    },
    async restart() {
      stop.abort();
      await running;
      environment.gitops = start();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  stack.defer(async () => {
    stop.abort();
    await running;
  });
  return environment;
}
