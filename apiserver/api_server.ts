import { createAdmission } from "./admission/mod.ts";
import { checkRestored } from "./backup/unfinished.ts";
import { createAuthentication } from "./authentication/mod.ts";
import type { AuditLog, AuditLogOptions } from "./audit/mod.ts";
import type { TokenAuthenticator } from "./authentication/mod.ts";
import { createAuthorizer } from "./authorization/mod.ts";
import { builtinDefinitions } from "./builtin/kinds.ts";
import { startControllers } from "./controllers/mod.ts";
import { crdDefinition } from "./crd/definition.ts";
import { serveCustomResources } from "./crd/custom_resources.ts";
import { refuseTerminating } from "./crd/refuse_terminating.ts";
import { Discovery } from "./discovery/discovery.ts";
import { versionInfo } from "./discovery/version.ts";
import { ensurePki, kubeconfig, type PkiOptions } from "./pki/mod.ts";
import { keepKubeconfig } from "./pki/keep_kubeconfig.ts";
import { keepCertificate } from "./pki/keep_certificate.ts";
import { internalClient } from "./registry/internal_client.ts";
import type { Registry } from "./registry/registry.ts";
import { Resources } from "./registry/resources.ts";
import { backupPath } from "./server/backup_path.ts";
import { createHandler } from "./server/handler.ts";
import { healthPaths } from "./server/health.ts";
import { type Certificate, serveHttp } from "./server/http_server.ts";
import { InFlight, type InFlightLimits } from "./server/in_flight.ts";
import { openapiPaths } from "./server/openapi_paths.ts";
import { openidPaths } from "./server/openid_paths.ts";
import { withSlashes } from "./server/with_slashes.ts";
import { openapiV2Path } from "./server/openapi_v2_path.ts";
import { Metrics } from "./server/metrics.ts";
import { RequestTime } from "./server/request_time.ts";
import { respond, respondText } from "./server/respond.ts";
import { Watchers, type WatchersOptions } from "./server/watchers.ts";
import { webSocketWatches } from "./server/websocket_watches.ts";
import { MemoryLog } from "./storage/memory_log.ts";
import {
  encryptionOf,
  type EncryptionOptions,
} from "./storage/encryption_keys.ts";
import { SqliteLog } from "./storage/sqlite_log.ts";
import { Store } from "./storage/store.ts";
import type { InternalClient } from "./types.ts";

/** Options of {@linkcode startApiServer}. */
export interface ApiServerOptions {
  /**
   * Folder for everything that lasts: objects, keys, certificates, `admin.kubeconfig`. Made where it is missing.
   * Without it everything is in memory and ends with the server.
   */
  dataDir?: string;
  /** @default {"127.0.0.1"} */
  hostname?: string;
  /** 0 takes a free one. @default {0} */
  port?: number;
  /**
   * Whether it listens at all. Without it there is no port and no certificate: only `fetch` and `client` reach the
   * server, which is quicker to start and needs no permission for the network.
   * @default {true}
   */
  listen?: boolean;
  /** URL under which clients reach the server, where that is not its own address. */
  advertiseUrl?: string;
  /** Further names and addresses that the certificate is good for. */
  hostnames?: string[];
  /** Asked for bearer tokens that are neither the administrator's nor a ServiceAccount's. */
  authenticators?: TokenAuthenticator[];
  /** Encrypts objects on the disk. @default not at all */
  encryption?: EncryptionOptions;
  /**
   * `all` serves every built-in kind of Kubernetes as plain data, Pods and Deployments included; otherwise those
   * that need no nodes. Nothing acts on them either way. @default {"default"}
   */
  builtins?: "default" | "all";
  /** Writes who did what into a file. @default not at all */
  audit?: AuditLogOptions;
  /** How many changes back a watch can start. @default {10_000} */
  history?: number;
  /** Told of each serving certificate that takes the place of the one before, for others that serve with it. */
  onCertificate?: (certificate: Certificate) => void | Promise<void>;
  inFlight?: InFlightLimits;
  /** Milliseconds after which a request that is no watch is given up with 504. @default {60_000} */
  requestTimeoutMs?: number;
  watchers?: WatchersOptions;
  now?: () => Date;
  /** Takes what the operator should know; by default errors go to the console. */
  log?: (message: string, details: Record<string, unknown>) => void;
}

/** A running API server. */
export interface ApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  /** PEM of the certificate authority that clients trust. */
  readonly caData: string;
  /** The serving certificate at start. */
  readonly certificate: Certificate;
  /** Bearer token of a member of `system:masters`. */
  readonly adminToken: string;
  /** Objects from inside the process, as `system:masters`. */
  readonly client: InternalClient;
  /** YAML of a kubeconfig for the administrator. */
  kubeconfig(options?: { name?: string; namespace?: string }): string;
  /** Answers a request without the network; it needs its Authorization header all the same. */
  fetch(request: Request): Promise<Response>;
  /** Ends watches, lets requests end, and closes the storage. */
  close(): Promise<void>;
}

/**
 * Starts a Kubernetes API server.
 *
 * ```ts
 * await using server = await startApiServer();
 * await Deno.writeTextFile("kubeconfig", server.kubeconfig());
 * ```
 *
 * @throws Error where the folder is in use by another server, or the port taken.
 */
export async function startApiServer(
  options: ApiServerOptions = {},
): Promise<ApiServer> {
  const {
    dataDir,
    hostname = "127.0.0.1",
    now = () => new Date(),
    log = (message, details) => console.error(message, details),
  } = options;
  const onError = (error: unknown) =>
    log("background work failed and is tried again", { error });
  if (dataDir) {
    await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 }).catch(
      (error) => {
        throw new Error(
          `Cannot use data folder ${dataDir}: ${error.message}; choose another`,
          { cause: error },
        );
      },
    );
    await checkRestored(dataDir);
  }

  const sqlite = dataDir
    ? new SqliteLog(`${dataDir}/store.db`, {
      encryption: encryptionOf(options.encryption),
      log,
    })
    : undefined;
  // What has been started ends where the rest fails: the port may be taken.
  await using started = new AsyncDisposableStack();
  const store = await Store.open(
    sqlite ?? new MemoryLog(),
    { history: options.history, onError },
  );
  started.defer(() => store.close());
  const authentication = await createAuthentication({
    dataDir,
    reader: store.reader,
    authenticators: options.authenticators,
    now,
  });
  const subscribe: InternalClient["subscribe"] = (listener) =>
    store.subscribe(listener);
  const authorizer = createAuthorizer({ reader: store.reader, subscribe });
  started.defer(() => authorizer.close());
  const admission = createAdmission({ reader: store.reader, subscribe, now });
  started.defer(() => admission.close());
  const resources = new Resources();
  const registry: Registry = {
    store,
    resources,
    now,
    authorize: (attributes) => authorizer.authorize(attributes),
    admit(attributes) {
      refuseTerminating(attributes, store.reader);
      admission.admit(attributes);
    },
  };
  resources.add(
    ...builtinDefinitions({ authorizer, authentication, now }),
    crdDefinition({ now }),
  );
  if (options.builtins === "all") {
    const { allDefinitions } = await import("./builtin/all/kinds.ts");
    resources.add(...allDefinitions({ now }));
  }
  const client = internalClient(registry);
  const stopCustomResources = serveCustomResources(registry, {
    client,
    onError,
  });
  started.defer(stopCustomResources);

  const audit = options.audit &&
    await openAudit({ ...options.audit, now, onError });
  if (audit) started.defer(() => audit.close());
  const watchers = new Watchers(options.watchers);
  started.defer(() => watchers.close());
  const metrics = new Metrics();
  resources.onChange(() => {
    const key = (of: { group: string; resource: string }) =>
      `${of.group}/${of.resource}`;
    const served = new Set(
      resources.all().map(({ definition }) => key(definition)),
    );
    metrics.keep((of) => served.has(key(of)));
  });
  const inFlight = new InFlight(options.inFlight);
  const requestTime = new RequestTime({ timeoutMs: options.requestTimeoutMs });
  started.defer(() => requestTime.close());
  const discovery = new Discovery(resources);
  let closing = false;
  let url = options.advertiseUrl ?? "";
  const address = () => url;
  const handler = createHandler({
    registry,
    watchers,
    authentication,
    authorizer,
    inFlight,
    requestTime,
    metrics,
    audit,
    draining: () => closing,
    paths: [
      withSlashes((path, request) => discovery.answer(path, request)),
      openapiPaths(resources),
      openapiV2Path(resources),
      ...(sqlite && dataDir
        ? [backupPath({ store, log: sqlite, dataDir, now })]
        : []),
      withSlashes((path) =>
        path === "/version" ? respond(versionInfo()) : undefined
      ),
      (path) =>
        path === "/metrics"
          ? respondText(metrics.text({
            ...inFlight.gauges(),
            ...(audit ? { apiserver_audit_dropped_total: audit.dropped } : {}),
            apiserver_watchers: watchers.size,
            apiserver_watchers_dropped_total: watchers.dropped,
            apiserver_storage_resource_version: store.resourceVersion,
            apiserver_storage_batches_total: store.metrics.batches,
            apiserver_storage_rows_total: store.metrics.rows,
            apiserver_storage_largest_batch: store.metrics.largestBatch,
          }))
          : undefined,
      withSlashes(openidPaths(authentication, address)),
      healthPaths({
        live: { ping: () => true },
        ready: {
          storage: () => sqlite?.writable ?? true,
          shutdown: () => !closing,
        },
      }),
    ],
    onError: (error, request) =>
      log("request failed", {
        method: request.method,
        url: request.url,
        error,
      }),
  });

  const pkiOptions: PkiOptions = {
    dataDir,
    hostnames: [
      ...new Set([
        hostname,
        "localhost",
        "127.0.0.1",
        "kubernetes.default.svc",
        ...options.hostnames ?? [],
        ...options.advertiseUrl ? [new URL(options.advertiseUrl).hostname] : [],
      ]),
    ],
    now,
  };
  const { listen = true } = options;
  const pki = listen ? await ensurePki(pkiOptions) : undefined;
  const stop = new AbortController();
  const controllers = await startControllers(client, {
    resources: () => resources.all().map(({ definition }) => definition),
    signal: stop.signal,
    tokens: authentication.tokens,
    ca: pki?.ca,
    policy: options.builtins === "all"
      ? (await import("./builtin/all/policy.ts")).allPolicy
      : undefined,
    now,
    onError: ({ controller, key, error }) =>
      log("controller failed and will try again", { controller, key, error }),
  });
  started.defer(async () => {
    stop.abort();
    await controllers.stopped;
  });
  const server = pki && serveHttp({
    hostname,
    port: options.port ?? 0,
    certificate: pki,
    handler: webSocketWatches(handler),
    onError,
  });
  started.defer(async () => {
    // Nothing new is taken before watches end: their clients come back at once.
    const ended = server?.shutdown();
    watchers.close();
    await ended;
  });
  const port = server?.addr.port ?? 0;
  const renewal = server && keepCertificate({
    pki,
    renew: () => ensurePki(pkiOptions),
    now,
    async use(certificate) {
      await server.useCertificate(certificate);
      await options.onCertificate?.(certificate);
    },
    onError,
  });
  started.defer(() => renewal?.stop());
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  // Without a port, the name by which an API server knows itself.
  url ||= server ? `https://${host}:${port}` : "https://kubernetes.default.svc";
  if (options.builtins === "all" && server) {
    const { ensureKubernetesService } = await import(
      "./builtin/all/kubernetes_service.ts"
    );
    await ensureKubernetesService(client, { hostname, port });
  }
  const { adminToken } = authentication;
  const caData = pki?.ca ?? "";
  const adminKubeconfig: ApiServer["kubeconfig"] = (
    { name = "root", namespace } = {},
  ) => kubeconfig({ url, caData, token: adminToken, name, namespace });
  if (dataDir) {
    await keepKubeconfig(`${dataDir}/admin.kubeconfig`, {
      url,
      caData,
      token: adminToken,
      name: "root",
    });
  }

  const all = started.move();
  let closed: Promise<void> | undefined;
  const close = async () => {
    // From here on /readyz fails, and what comes new is sent away.
    closing = true;
    await all.disposeAsync();
  };
  return {
    url,
    hostname,
    port,
    caData,
    certificate: { cert: pki?.cert ?? "", key: pki?.key ?? "" },
    adminToken,
    client,
    kubeconfig: adminKubeconfig,
    fetch: handler,
    close: () => closed ??= close(),
    [Symbol.asyncDispose]: () => closed ??= close(),
  };
}

/** Loaded where it is asked for only. */
async function openAudit(
  options: Parameters<typeof import("./audit/mod.ts").openAuditLog>[0],
): Promise<AuditLog> {
  const { openAuditLog } = await import("./audit/mod.ts");
  return await openAuditLog(options);
}
