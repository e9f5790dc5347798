import { Agent } from "../api/agent.ts";
import { KubeClient } from "../kube/client.ts";
import { type Clock, systemClock } from "../kube/clock.ts";
import { createInformer } from "../kube/informer.ts";
import { LinkedSignal } from "../kube/linked_signal.ts";
import type { Logger } from "../kube/log.ts";
import { createRestClient } from "../kube/rest_client.ts";
import type { HeldCredential } from "./identity/credential.ts";
import { Identity } from "./identity/identity.ts";
import { createPluginApi } from "./plugin_api.ts";
import { Reconciler } from "./reconcile/reconciler.ts";
import { artifactFetcher, ArtifactStore } from "./revision/artifact_store.ts";
import { RevisionStore } from "./revision/revision_store.ts";
import { SecretStore } from "./revision/secret_store.ts";
import { Stager } from "./revision/stage.ts";
import { StateFolder } from "./state/state_folder.ts";
import { deviceFacts } from "./status/device_facts.ts";
import { deviceStatus } from "./status/device_status.ts";
import { keepLease } from "./status/keep_lease.ts";
import { StatusReporter } from "./status/status_reporter.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

/** Time for the last word to the hub, in milliseconds. */
const GOODBYE = 3_000;

/** Options of {@linkcode runAgent}. */
export interface AgentOptions {
  /** The kubeconfig to join with; read when the device has to enrol. */
  kubeconfigPath: string;
  /** Name of the Agent. @default that in the kubeconfig, else the host's name */
  name?: string;
  /** Folder that the agent keeps its keys and state in; made where it is not there. */
  stateDir: string;
  /** How plugins are run. */
  pluginHost: {
    /** Program and arguments that run `runPluginHost()`. */
    command: string[];
    /** Memory of the host that the hub's own plugins share, in bytes. @default 512 MiB */
    sharedMemoryLimit?: number;
    /** Memory of each other host, in bytes. @default 256 MiB */
    memoryLimit?: number;
    /** Milliseconds that a plugin has to stop. @default {5000} */
    stopTimeout?: number;
    /** Delays between restarts of a plugin. @default 1 s doubling up to 5 min */
    backoff?: { base?: number; max?: number };
  };
  /** Version of the agent, for its status. */
  version?: string;
  /** Time in which a new Revision has to become healthy, in milliseconds. @default {30000} */
  healthTimeout?: number;
  /** Time between two renewals of the Lease, in milliseconds. @default {20000} */
  leaseInterval?: number;
  log: Logger;
  clock?: Clock;
  /** Ends the agent: plugins are stopped, then it resolves. */
  signal: AbortSignal;
}

/**
 * Runs the agent of this device: enrols, then keeps running what the hub assigns, with or without a network. Resolves
 * when the signal has aborted and all plugins have stopped.
 *
 * @throws Error where it cannot start: the state folder is in use or cannot be read, the kubeconfig is of no use
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { log, clock = systemClock, pluginHost } = options;
  using state = await StateFolder.open(options.stateDir, { log });
  // An error anywhere ends all of it.
  using running = new LinkedSignal(options.signal);
  const { signal } = running;
  const device = () => deviceFacts(options.version);
  const identity = await Identity.open({
    state,
    kubeconfigPath: options.kubeconfigPath,
    name: options.name,
    device: device(),
    clock,
    log,
    signal,
  });
  let session: Session | undefined;
  const supervisor = new Supervisor({
    ...pluginHost,
    api: createPluginApi({ connection: () => session, clock, log }),
    log,
    clock,
  });
  const stager = new Stager({
    state,
    trust: identity.trust,
    artifacts: new ArtifactStore(state),
    secrets: new SecretStore(state, identity.keys),
  });
  const fetch = artifactFetcher(async () => {
    await identity.token({ refresh: false }); // renewed where it has expired
    return await identity.require();
  });
  const reconciler = new Reconciler({
    state,
    identity,
    revisions: new RevisionStore(state),
    stager,
    supervisor,
    online: () => session && { client: session.client, fetch },
    onChange: () => session?.reporter.change({ urgent: true }),
    healthTimeout: options.healthTimeout ?? 30_000,
    clock,
    log,
  });
  await reconciler.load();
  supervisor.onChange((urgent) => session?.reporter.change({ urgent }));

  /** Talks to the API at one address, as long as that is where it is. */
  async function connect(credential: HeldCredential): Promise<void> {
    using linked = new LinkedSignal(signal);
    const moved = identity.onCredential((next) => {
      if (address(next) !== address(credential)) linked.abort();
    });
    const rest = createRestClient(
      { server: credential.server, caData: credential.caData },
      { clock, userAgent: "faros-agent", token: (how) => identity.token(how) },
    );
    using _rest = rest;
    const client = new KubeClient(rest);
    const { namespace, agent: name } = credential;
    const informer = createInformer<Agent>(client, Agent, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      signal: linked.signal,
      clock,
      log,
    });
    const reporter = new StatusReporter({
      client,
      agent: () => informer.get(namespace, name),
      status: (agent) =>
        deviceStatus({
          report: reconciler.report(),
          plugins: last ?? supervisor.states(),
          stopping: last !== undefined,
          device: device(),
          conditions: agent.status?.conditions,
          now: clock.now(),
        }),
      clock,
      log,
    });
    session = { client, namespace, reporter };
    informer.on(({ type, object, old }) => {
      const own = object.metadata.uid === identity.credential?.agentUID;
      // Ours is gone, or another has its name: only the hub can say who we are now.
      if (own === (type === "deleted")) void identity.renew().catch(() => {});
      if (type === "deleted") return;
      void reconciler.offer(object);
      reporter.change({ urgent: true });
      // What this device wrote itself is no sign that anything has changed.
      if (!old || fromOthers(object) !== fromOthers(old)) reconciler.retry();
    });
    informer.onListed(() => reconciler.retry());
    try {
      await Promise.all([
        informer.done.catch(() => {}),
        reporter.run(linked.signal).catch(() => {}),
        keepLease({
          client,
          namespace,
          name,
          interval: options.leaseInterval ?? 20_000,
          clock,
          log,
          signal: linked.signal,
        }),
      ]);
      if (signal.aborted) await goodbye(reporter);
    } finally {
      moved();
      session = undefined;
    }
  }

  /** What plugins were when they stopped. */
  let last: ReturnType<Supervisor["states"]> | undefined;
  const stopped = Promise.withResolvers<void>();

  async function goodbye(reporter: StatusReporter): Promise<void> {
    await stopped.promise;
    using limit = new LinkedSignal();
    limit.deadline(GOODBYE, "The hub did not answer in time");
    try {
      await reporter.write(limit.signal);
    } catch (error) {
      log.info("Could not tell the hub that the agent stops", {
        error: (error as Error).message,
      });
    }
  }

  async function stayConnected(): Promise<void> {
    while (!signal.aborted) await connect(await identity.require());
  }

  async function runPlugins(): Promise<void> {
    try {
      await reconciler.run(signal);
    } finally {
      const states = supervisor.states();
      await supervisor.stop();
      last = states.map((state) => ({ ...state, phase: "Stopped" }));
      stopped.resolve();
    }
  }

  const orEnd = async (work: Promise<void>) => {
    try {
      await work;
    } catch (error) {
      if (signal.aborted) return;
      running.abort(error);
      throw error;
    }
  };
  const results = await Promise.allSettled([
    orEnd(runPlugins()),
    orEnd(stayConnected()),
    orEnd(identity.keepFresh()),
  ]);
  log.info("Agent stopped");
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
  }
}

interface Session {
  client: KubeClient;
  namespace: string;
  reporter: StatusReporter;
}

/** What others than its device say of an Agent. */
function fromOthers({ metadata, status }: Agent): string {
  const conditions = status?.conditions?.filter(({ type }) =>
    type !== "UpToDate" && type !== "Degraded"
  );
  return JSON.stringify([metadata.generation, status?.assignment, conditions]);
}

function address(
  { server, caData, namespace, agent }: HeldCredential,
): string {
  return JSON.stringify([server, caData, namespace, agent]);
}
