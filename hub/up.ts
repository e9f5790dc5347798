import {
  type AuditLogOptions,
  type EncryptionOptions,
  startApiServer,
} from "../apiserver/mod.ts";
import type { PluginBundle } from "../api/plugin_bundle.ts";
import { KubeClient } from "../kube/client.ts";
import { type Clock, systemClock } from "../kube/clock.ts";
import { LinkedSignal } from "../kube/linked_signal.ts";
import { type Logger, silentLogger } from "../kube/log.ts";
import { createRestClient } from "../kube/rest_client.ts";
import { keepAdminKubeconfig } from "./admin_kubeconfig.ts";
import { lockFolder } from "./lock_folder.ts";
import { type Hub, type LeaseTimes, startHub } from "./start_hub.ts";

/** Options of {@linkcode startUp}. */
export interface UpOptions {
  /** Folder for everything that lasts. Made where it is missing. */
  dataDir: string;
  /** @default {"127.0.0.1"} */
  hostname?: string;
  /** Port of the Kubernetes API; 0 takes a free one. @default {0} */
  apiPort?: number;
  /** Port of the hub's own API; 0 takes a free one. @default {0} */
  hubPort?: number;
  /** URL of the Kubernetes API as devices reach it, where that is another. */
  advertiseUrl?: string;
  /** URL of the hub's own API as devices reach it, where that is another. */
  hubURL?: string;
  /** Further names and addresses that the certificate is good for. */
  hostnames?: string[];
  /** Encrypts objects on the disk. @default not at all */
  encryption?: EncryptionOptions | undefined;
  /** Of the Kubernetes API. @default none */
  audit?: AuditLogOptions | undefined;
  /** Plugins that the hub publishes. @default none */
  catalogue?: PluginBundle[];
  log?: Logger;
  clock?: Clock;
  /** Ends it. */
  signal?: AbortSignal;
}

/**
 * Holder of the hub's Lease. The same for all, since only the process that has
 * the folder's lock serves this API and calls itself so: started again after a
 * crash, or from a backup, it need not wait until its own Lease expires.
 */
const IDENTITY = "faros-up";

/**
 * A Lease that is written six times a minute: each renewal is an fsync, which
 * wears the SD card of a small machine, and nobody waits for the Lease to
 * expire while the API server is gone with its holder.
 */
const LEASE_TIMES: LeaseTimes = {
  leaseDuration: 40_000,
  renewDeadline: 30_000,
  retryPeriod: 1000,
  renewPeriod: 10_000,
};

/** A hub with its own Kubernetes API server. */
export interface Up extends AsyncDisposable {
  /** URL of the Kubernetes API. */
  readonly apiUrl: string;
  /** URL of the hub's own API. */
  readonly hubUrl: string;
  /** The administrator's kubeconfig: a context `root`, and one for each workspace. */
  readonly kubeconfigPath: string;
  /** PEM of the CA of both. */
  readonly caData: string;
  /** As the administrator. */
  readonly client: KubeClient;
  /** Resolves once the controllers work, which they do while no other hub leads at this API. */
  readonly leading: Promise<void>;
  /** Resolves to who leads once that is found to be another hub, and this one stands by. */
  readonly standby: Promise<string>;
  /** Resolves when all has ended; rejects where it cannot go on. */
  readonly finished: Promise<void>;
  close(): Promise<void>;
}

/**
 * Where this process reaches its own API server. Not by the URL for devices: its name may lead to a proxy that is not
 * up yet, or that lets nobody back in from here.
 */
function localUrl({ hostname, port }: { hostname: string; port: number }) {
  // All addresses are none to connect to; the certificate has these names.
  const name = { "0.0.0.0": "127.0.0.1", "::": "localhost" }[hostname] ??
    hostname;
  return `https://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

/**
 * Starts the embedded Kubernetes API server and a hub on it, in this process,
 * with one CA and one certificate.
 *
 * @throws where the folder is in use by another process, or a port is taken
 */
export async function startUp(options: UpOptions): Promise<Up> {
  const { dataDir, hostname, log = silentLogger } = options;
  const { clock = systemClock } = options;
  await using started = new AsyncDisposableStack();
  started.use(await lockFolder(dataDir));
  const server = started.use(
    await startApiServer({
      dataDir,
      hostname,
      port: options.apiPort,
      advertiseUrl: options.advertiseUrl,
      hostnames: [
        ...options.hostnames ?? [],
        ...(options.hubURL ? [new URL(options.hubURL).hostname] : []),
      ],
      encryption: options.encryption,
      audit: options.audit,
      log: (message, details) => log.error(message, details),
      onCertificate: (certificate) => hub.useCertificate(certificate),
    }),
  );
  const { url: apiUrl, caData } = server;
  const client = new KubeClient(
    createRestClient(
      { server: localUrl(server), caData, token: server.adminToken },
      { http2: false },
    ),
  );
  started.defer(() => client.close());
  const hub: Hub = started.use(
    await startHub({
      client,
      engine: { url: apiUrl, caData },
      listen: { hostname, port: options.hubPort },
      tls: server.certificate,
      hubURL: options.hubURL,
      catalogue: options.catalogue,
      stateDir: `${dataDir}/hub`,
      identity: IDENTITY,
      leaseTimes: LEASE_TIMES,
      log,
      clock,
      signal: options.signal,
    }),
  );
  const kubeconfigPath = `${dataDir}/admin.kubeconfig`;
  const link = new LinkedSignal(options.signal);
  const keeping = keepAdminKubeconfig(client, {
    path: kubeconfigPath,
    server: apiUrl,
    caData,
    token: server.adminToken,
    log,
    clock,
    signal: link.signal,
  });
  started.defer(async () => {
    link.abort();
    await keeping;
    link[Symbol.dispose]();
  });
  const all = started.move();
  let closed: Promise<void> | undefined;
  const close = () => closed ??= all.disposeAsync();
  // The hub ends by the signal, or because it cannot go on; the rest follows.
  const finished = hub.finished.finally(close);
  finished.catch(() => {});
  return {
    apiUrl,
    hubUrl: hub.url,
    kubeconfigPath,
    caData,
    client,
    leading: hub.leading,
    standby: hub.standby,
    finished,
    close,
    [Symbol.asyncDispose]: close,
  };
}
