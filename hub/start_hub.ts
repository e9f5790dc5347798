import type { Kind } from "../api/kind.ts";
import type { PluginBundle } from "../api/plugin_bundle.ts";
import { SYSTEM_NAMESPACE } from "../api/names.ts";
import {
  type Certificate,
  type HttpServer,
  serveHttp,
} from "../apiserver/server/http_server.ts";
import { Repository } from "../api/repository.ts";
import { createGitOps, WebhookReceiver } from "../gitops/mod.ts";
import type { KubeClient } from "../kube/client.ts";
import { type Clock, systemClock } from "../kube/clock.ts";
import { InformerFactory } from "../kube/informer_factory.ts";
import {
  type LeaderElectionOptions,
  runWithLease,
} from "../kube/leader_election.ts";
import { LinkedSignal } from "../kube/linked_signal.ts";
import { type Logger, silentLogger } from "../kube/log.ts";
import { namespaceWorkspaces } from "../kube/namespace_workspaces.ts";
import type { KubeRestClient } from "../kube/rest_client.ts";
import type { WorkspaceProvider } from "../kube/workspace_provider.ts";
import { Artifacts } from "./artifacts.ts";
import { checkEngine } from "./check_engine.ts";
import type { Endpoint, HubContext } from "./controllers/context.ts";
import { followKeys } from "./controllers/hub_keys.ts";
import { createApp } from "./http/app.ts";
import { install } from "./install.ts";
import { HubKeys } from "./keys/hub_keys.ts";
import type { EnrollmentLimits } from "./controllers/enrollment_gc.ts";
import type { RotationTimes } from "./keys/key_ring.ts";
import { openKeyRing } from "./keys/key_secret.ts";
import { gitOpsMetrics } from "./gitops_metrics.ts";
import { HubMetrics } from "./metrics.ts";
import { runPlan } from "./preview/run_plan.ts";
import { runControllers } from "./run_controllers.ts";
import { writableFolder } from "./writable_folder.ts";

/** Options of {@linkcode startHub}. */
export interface HubOptions {
  /** Acts as the hub, which has to be allowed all that it grants to others. */
  client: KubeClient;
  /** The Kubernetes API, as devices and people reach it. */
  engine: Endpoint;
  /** @default namespaces */
  provider?: WorkspaceProvider;
  /** Kinds that the hub installs as CustomResourceDefinitions. @default all */
  kinds?: readonly Kind[];
  /** @default {{ hostname: "127.0.0.1", port: 0 }} */
  listen?: { hostname?: string; port?: number };
  /** PEM certificate and key; without them the hub speaks plain HTTP, for a proxy before it that speaks TLS. */
  tls?: Certificate;
  /** The hub's own address, as devices reach it. @default where it listens */
  hubURL?: string;
  /** PEM of the CA behind hubURL. @default the engine's */
  hubCAData?: string;
  /** Plugins that the hub publishes. @default none */
  catalogue?: PluginBundle[];
  /** Folder for what can be made again: clones, copies of artifacts. */
  stateDir: string;
  /** Whether Repositories are synced. @default {true} */
  gitops?: boolean;
  /**
   * Whether one replica is elected by a Lease to run the controllers. Without
   * it this one does, at once.
   * @default {true}
   */
  leaderElection?: boolean;
  /** Unlike any other replica's. @default hostname and a random part */
  identity?: string;
  /** How long the Lease lasts, and when it is renewed. @default another replica leads within 15 s */
  leaseTimes?: LeaseTimes;
  /** Life of a device's token, in seconds. @default {3600} */
  tokenSeconds?: number;
  /** How long a Revision stays that no Agent has any more, in milliseconds. @default {600000} */
  revisionGrace?: number;
  /** How many Enrollments stay that became no Agent, and for how long. */
  enrollmentLimits?: Partial<EnrollmentLimits>;
  /** When signing keys come and go. @default two hours and seven days */
  keyRotation?: Partial<RotationTimes>;
  log?: Logger;
  clock?: Clock;
  /** Ends the hub. */
  signal?: AbortSignal;
}

/** See {@linkcode LeaderElectionOptions}. */
export type LeaseTimes = Pick<
  LeaderElectionOptions,
  "leaseDuration" | "renewDeadline" | "retryPeriod" | "renewPeriod"
>;

/** A running hub. */
export interface Hub extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  readonly port: number;
  /** Serves with another certificate from now on. */
  useCertificate(certificate: Certificate): Promise<void>;
  /** Resolves once this replica's controllers work for the first time. */
  readonly leading: Promise<void>;
  /** Resolves to who leads once that is found to be another replica, and this one stands by. */
  readonly standby: Promise<string>;
  /** Resolves when all has ended; rejects where the hub cannot go on. */
  readonly finished: Promise<void>;
  /** Lets requests and reconciles end, and lets go of the Lease. */
  close(): Promise<void>;
}

/**
 * In milliseconds. Another replica leads within 15 s of the last sign of life:
 * up to 1.2 s until it has seen that, the duration, up to 1.2 s until it asks
 * again, and the rest for its first lists.
 */
const LEASE_TIMES: LeaseTimes = {
  leaseDuration: 10_000,
  renewDeadline: 7000,
  retryPeriod: 1000,
};
/** Requests under way may take that long when the hub stops, in milliseconds. */
const SHUTDOWN = 5000;

/**
 * Starts a hub: installs the kinds of Faros, serves HTTP, and runs the
 * controllers as soon as it is the leader.
 *
 * @throws where the engine cannot be made ready, the port is taken, or `stateDir` cannot be written
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { client, log = silentLogger, clock = systemClock } = options;
  const stop = new LinkedSignal(options.signal);
  const { signal } = stop;
  // Before anything is written to the API: else the first fetch would tell.
  await writableFolder(options.stateDir);
  await install(client, { kinds: options.kinds, log, clock, signal });
  const keys = new HubKeys(
    await openKeyRing(client, { now: clock.now(), signal }),
  );
  // Of every replica, leader or not: keys for what the HTTP API signs, and
  // Repositories whose webhooks are called.
  const shared = new InformerFactory(client, { signal, log, clock });
  followKeys(keys, { informers: shared, log });
  const repositories = shared.get<Repository>(Repository);

  const metrics = new HubMetrics();
  const stages = gitOpsMetrics(metrics, {
    clock,
    repositories: () => repositories.list(),
  });
  metrics.gauge("faros_open_watches", {
    help: "Watches that the hub has open at the Kubernetes API",
    read: () => {
      const { openStreams = 0 } = client.rest as Partial<KubeRestClient>;
      return [{ labels: {}, value: openStreams }];
    },
  });
  const artifacts = new Artifacts({
    client,
    cacheDir: `${options.stateDir}/artifacts`,
    log,
  });
  const hub: Endpoint = {
    url: options.hubURL ?? "",
    caData: options.hubCAData ?? options.engine.caData,
  };
  const provider = options.provider ??
    namespaceWorkspaces({
      client,
      server: options.engine.url,
      // Needed once a plugin's kind changes, if ever.
      compare: async () =>
        (await import("./compare_schemas.ts")).compareSchemas,
    });
  const common = {
    client,
    provider,
    keys,
    engine: options.engine,
    hub,
    tokenSeconds: options.tokenSeconds ?? 3600,
    log,
    clock,
  };
  const leading = Promise.withResolvers<void>();
  leading.promise.catch(() => {});
  const app = createApp({
    ...common,
    metrics,
    artifacts,
    webhooks: new WebhookReceiver({
      client,
      repository: (name) => repositories.get(undefined, name),
      clock,
      signal,
    }),
    checks: {
      engine: () => checkEngine(client),
      shutdown: () => signal.throwIfAborted(),
    },
  });
  const server = serve(app, options);
  const { hostname, port } = server.addr;
  const scheme = options.tls ? "https" : "http";
  const url = `${scheme}://${
    hostname.includes(":") ? `[${hostname}]` : hostname
  }:${port}`;
  hub.url ||= url;

  const run = async (leads: AbortSignal) => {
    const informers = new InformerFactory(client, {
      signal: leads,
      log,
      clock,
    });
    const context: Omit<HubContext, "pluginKinds"> = {
      ...common,
      informers,
      signal: leads,
      onResult: (outcome) => metrics.reconciled(outcome),
      onQueue: (controller, queue) => metrics.queue(controller, queue),
    };
    const gitops = options.gitops === false ? [] : [
      async (gitSignal: AbortSignal) => {
        const git = createGitOps({
          client,
          provider,
          stateDir: `${options.stateDir}/git`,
          plan: ({ repository, base, head }, signal) =>
            runPlan({
              base,
              head,
              repository,
              catalogue: options.catalogue ?? [],
            }, { signal }),
          log,
          clock,
          stages,
          signal: gitSignal,
        });
        metrics.gauge("faros_gitops_operations_total", {
          help: "What syncing Repositories did since this process leads",
          type: "counter",
          read: () =>
            Object.entries(git.stats).map(([operation, value]) => ({
              labels: { operation },
              value,
            })),
        });
        for (const { name, help } of git.counters()) {
          metrics.gauge(name, {
            help,
            type: "counter",
            read: () =>
              git.counters().find((c) => c.name === name)?.series ?? [],
          });
        }
        await git.run();
      },
    ];
    await runControllers(context, {
      catalogue: options.catalogue ?? [],
      artifacts,
      metrics,
      revisionGrace: options.revisionGrace,
      enrollmentLimits: options.enrollmentLimits,
      keyRotation: options.keyRotation,
      also: gitops,
      onSynced: () => leading.resolve(),
    });
  };
  const identity = options.identity ??
    `${Deno.hostname()}-${crypto.randomUUID().slice(0, 8)}`;
  const standby = Promise.withResolvers<string>();
  const work = options.leaderElection === false ? run(signal) : runWithLease({
    client,
    namespace: SYSTEM_NAMESPACE,
    name: "faros-hub",
    identity,
    run,
    onNewLeader: (leader) => {
      if (leader !== identity) standby.resolve(leader);
    },
    ...options.leaseTimes ?? LEASE_TIMES,
    log,
    clock,
    signal,
  });
  const finished = finish(work, { stop, shared, server, leading });
  finished.catch(() => {}); // whoever closes it hears of it
  const close = async () => {
    stop.abort(new DOMException("The hub is closed", "AbortError"));
    await finished;
  };
  return {
    url,
    port,
    useCertificate: (certificate) => server.useCertificate(certificate),
    leading: leading.promise,
    standby: standby.promise,
    finished,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function serve(
  app: ReturnType<typeof createApp>,
  options: HubOptions,
): HttpServer {
  const { listen = {}, tls, log = silentLogger } = options;
  return serveHttp({
    hostname: listen.hostname ?? "127.0.0.1",
    port: listen.port ?? 0,
    certificate: tls,
    handler: (request, info) =>
      app.fetch(request, { remoteAddr: info.remoteAddr }),
    onError: (error) => log.error("Takes no connections", { error }),
  });
}

async function finish(
  work: Promise<void>,
  { stop, shared, server, leading }: {
    stop: LinkedSignal;
    shared: InformerFactory;
    server: HttpServer;
    leading: PromiseWithResolvers<void>;
  },
): Promise<void> {
  const { signal } = stop;
  try {
    // Also where the work ends by itself there is no hub any more.
    await work;
  } catch (error) {
    if (!signal.aborted) {
      leading.reject(error);
      throw error;
    }
  } finally {
    stop.abort();
    leading.reject(signal.reason);
    await Promise.all([server.shutdown(SHUTDOWN), shared.done()]);
    stop[Symbol.dispose]();
  }
}
