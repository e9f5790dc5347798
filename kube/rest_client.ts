import { Backoff } from "./backoff.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { ClusterConfig, Impersonation } from "./cluster_config.ts";
import type {
  JSONValue,
  KubernetesTunnel,
  RequestOptions,
  RestClient,
} from "./contract.ts";
import {
  createCredentials,
  type Credentials,
  type TokenSource,
} from "./credentials.ts";
import { checkFence } from "./fence.ts";
import { kcpPath } from "./kcp/path.ts";
import { JsonLines } from "./json_lines.ts";
import { KubeApiError, type Status } from "./kube_api_error.ts";
import { LinkedSignal } from "./linked_signal.ts";
import { renewedConfig } from "./renewed_config.ts";
import { createTransport, type Transport } from "./transport.ts";
import { openTunnel } from "./websocket_tunnel.ts";

/** Longest watch of kcp, in seconds: less than the silence after which `watch.ts` gives up. */
export const KCP_WATCH = 120;

/** Options of {@linkcode createRestClient}. */
export interface RestClientOptions {
  /**
   * Answers requests instead of the network: an app in the same process.
   * @default the runtime's, with the connections of `config`
   */
  fetch?: (input: Request | string, init?: RequestInit) => Promise<Response>;
  /** @default {"faros"} */
  userAgent?: string;
  /** Act as somebody else. */
  impersonate?: Impersonation;
  /** Where bearer tokens come from, instead of `config`. */
  token?: TokenSource;
  /** Gets each `Warning` that the API server sends along with an answer. */
  onWarning?: (
    text: string,
    request: Pick<RequestOptions, "method" | "path">,
  ) => void;
  /**
   * Longest time for a whole answer, and for the start of a stream, in
   * milliseconds. @default {60000}
   */
  requestTimeout?: number;
  /**
   * Longest watch to ask for, in seconds. kcp sends no bookmarks, so that a
   * watch in which nothing happens cannot be told from a dead connection; one
   * that the server ends in time is gone on with at once.
   * @default {120} where the server's URL names a workspace of kcp; else none
   */
  maxWatchSeconds?: number;
  /**
   * Whether requests share a connection, where the server can do so. Without,
   * each of those under way has one of its own, which is for the few who send
   * many: it takes a tenth less of both processors.
   *
   * @default {true}
   */
  http2?: boolean;
  /** Repetitions when the server says 429 or 503 with Retry-After. @default {5} */
  maxRetries?: number;
  /** @default {systemClock} */
  clock?: Clock;
}

/** A {@linkcode RestClient} on `fetch`. */
export interface KubeRestClient extends RestClient, AsyncDisposable {
  close(): void;
  /** URL of the API server. */
  readonly server: string;
  /** Streams under way, of all who share its connections: open watches, as a rule. */
  readonly openStreams: number;
  /** A client that acts as somebody else, on the same connections. */
  withImpersonation(who: Impersonation): KubeRestClient;
}

/**
 * Makes a client of one Kubernetes API server.
 *
 * It throws {@linkcode KubeApiError} for what the server refuses, the reason
 * of the `abortSignal` where that ends a request, and a plain error where the
 * server cannot be reached. Credentials stand in none of them. A request that
 * ends by a `TimeoutError` (`AbortSignal.timeout`) counts as a dead
 * connection: later requests connect anew. Where the server does not accept
 * our credentials, or we not its certificate, `config.reload` is asked for
 * others.
 *
 * Certificates are always verified. `insecureSkipTlsVerify` works only where
 * the whole process was started with `--unsafely-ignore-certificate-errors`.
 */
export function createRestClient(
  config: ClusterConfig,
  options: RestClientOptions = {},
): KubeRestClient {
  const { clock = systemClock, fetch, token } = options;
  const connection: Connection = {
    config,
    options: { ...options, clock },
    fetch: fetch ?? globalThis.fetch,
    transport: fetch ? inProcess(config) : createTransport(config, options),
    credentials: createCredentials(config, { clock, token }),
    openStreams: 0,
    renewing: undefined,
  };
  return new FetchRestClient(connection, {
    impersonate: options.impersonate ?? config.impersonate,
    owner: true,
  });
}

/** What clients of one server that act as different users share. */
interface Connection {
  config: ClusterConfig;
  options: RestClientOptions & { clock: Clock };
  fetch: NonNullable<RestClientOptions["fetch"]>;
  transport: Transport;
  credentials: Credentials;
  openStreams: number;
  /** A look for other credentials that is under way. */
  renewing: Promise<void> | undefined;
}

/** @returns whether there are other credentials now than those of `refused` */
async function renew(
  connection: Connection,
  refused: ClusterConfig,
): Promise<boolean> {
  if (connection.config !== refused) return true; // another request was first
  connection.renewing ??= lookForCredentials(connection)
    .finally(() => connection.renewing = undefined);
  await connection.renewing;
  return connection.config !== refused;
}

async function lookForCredentials(connection: Connection): Promise<void> {
  const { options, transport } = connection;
  const config = await renewedConfig(connection.config);
  if (!config) return;
  if (!options.fetch) {
    let renewed: Transport | undefined;
    try {
      renewed = createTransport(config, options);
      renewed.client();
    } catch {
      // A new certificate whose key is not there yet, for instance.
      renewed?.[Symbol.dispose]();
      return;
    }
    connection.transport = renewed;
    transport[Symbol.dispose]();
  }
  connection.credentials = createCredentials(config, options);
  connection.config = config;
}

function inProcess(config: ClusterConfig): Transport {
  return {
    baseUrl: config.server.replace(/\/+$/, ""),
    client: () => undefined,
    renew: () => {},
    [Symbol.dispose]: () => {},
  };
}

class FetchRestClient implements KubeRestClient {
  readonly defaultNamespace?: string;
  readonly server: string;
  readonly #connection: Connection;
  readonly #impersonate?: Impersonation;
  readonly #owner: boolean;

  constructor(
    connection: Connection,
    how: { impersonate?: Impersonation; owner: boolean },
  ) {
    this.#connection = connection;
    this.#impersonate = how.impersonate;
    this.#owner = how.owner;
    this.server = connection.config.server;
    this.defaultNamespace = connection.config.namespace;
  }

  get openStreams(): number {
    return this.#connection.openStreams;
  }

  withImpersonation(who: Impersonation): KubeRestClient {
    return new FetchRestClient(this.#connection, {
      impersonate: who,
      owner: false,
    });
  }

  close(): void {
    if (this.#owner) this.#connection.transport[Symbol.dispose]();
  }
  [Symbol.dispose](): void {
    this.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  performRequest(
    opts: RequestOptions & { expectTunnel: string[] },
  ): Promise<KubernetesTunnel>;
  performRequest(
    opts: RequestOptions & { expectStream: true; expectJson: true },
  ): Promise<ReadableStream<JSONValue>>;
  performRequest(
    opts: RequestOptions & { expectStream: true },
  ): Promise<ReadableStream<Uint8Array>>;
  performRequest(
    opts: RequestOptions & { expectJson: true },
  ): Promise<JSONValue>;
  performRequest(opts: RequestOptions): Promise<Uint8Array>;
  async performRequest(opts: RequestOptions): Promise<unknown> {
    opts.abortSignal?.throwIfAborted();
    const url = this.#url(opts);
    if (opts.expectTunnel) return await this.#tunnel(url, opts);
    const link = new LinkedSignal(opts.abortSignal);
    const { requestTimeout = 60_000 } = this.#connection.options;
    link.deadline(
      requestTimeout,
      `No answer to ${opts.method} ${opts.path} within ${requestTimeout} ms`,
    );
    try {
      const response = await this.#send(url, { opts, link });
      if (opts.expectStream) {
        link.clearDeadline();
        return this.#stream(response, { opts, link });
      }
      const body = opts.expectJson
        ? parseBody(await whole(() => response.text(), link.signal), opts)
        : await whole(() => response.bytes(), link.signal);
      link[Symbol.dispose]();
      return body;
    } catch (error) {
      link[Symbol.dispose]();
      throw this.#explain(error, { opts, link });
    }
  }

  #url(opts: RequestOptions): string {
    const query = this.#query(opts)?.toString();
    return this.#connection.transport.baseUrl + opts.path +
      (query ? `?${query}` : "");
  }

  #query({ querystring }: RequestOptions): URLSearchParams | undefined {
    const { config, options } = this.#connection;
    const { maxWatchSeconds: max = kcpPath(config.server) && KCP_WATCH } =
      options;
    const seconds = Number(querystring?.get("timeoutSeconds"));
    if (!max || !(seconds > max) || !querystring?.has("watch")) {
      return querystring;
    }
    const query = new URLSearchParams(querystring);
    // Those who chose different times, so as not to come back together, still do.
    const shorter = Math.ceil(max / 2 + seconds % (max / 2));
    query.set("timeoutSeconds", String(shorter));
    return query;
  }

  /** Sends a request until there is an answer that repeating cannot better. */
  async #send(
    url: string,
    { opts, link }: { opts: RequestOptions; link: LinkedSignal },
  ): Promise<Response> {
    const { fetch, options } = this.#connection;
    const { clock, maxRetries = 5 } = options;
    const backoff = new Backoff({ base: 250, max: 10_000 });
    let refresh = false;
    let renewed = false;
    for (let retries = 0;; retries++) {
      const { config, transport, credentials } = this.#connection;
      const init: RequestInit & { client?: Deno.HttpClient } = {
        method: opts.method,
        headers: await this.#headers(opts, { refresh, signal: link.signal }),
        body: body(opts),
        redirect: "error",
        signal: link.signal,
        client: transport.client(),
      };
      // The last thing before it leaves.
      if (opts.method !== "GET" && opts.method !== "HEAD") {
        checkFence(`${opts.method} ${opts.path}`);
      }
      let response: Response;
      try {
        response = await fetch(url, init);
      } catch (error) {
        const again = !renewed && !opts.bodyStream && distrusts(error);
        if (!again || !await renew(this.#connection, config)) throw error;
        renewed = true;
        continue;
      }
      this.#warn(response, opts);
      if (response.ok) return response;
      const error = await readError(response, opts);
      if (opts.bodyStream) throw error; // gone with the first attempt
      if (error.code === 401 && credentials.refreshable && !refresh) {
        refresh = true;
        continue;
      }
      if (error.code === 401 && !renewed) {
        if (!await renew(this.#connection, config)) throw error;
        renewed = true;
        refresh = false;
        continue;
      }
      const repeatable = (error.code === 429 || error.code >= 500) &&
        response.headers.has("retry-after");
      if (!repeatable || retries >= maxRetries) throw error;
      // The server's word is the least; a part on top of it keeps clients
      // that were refused together from coming back together.
      const wait = (error.retryAfterSeconds ?? 0) * 1000 + backoff.next();
      await clock.sleep(wait, link.signal);
      refresh = false;
    }
  }

  async #headers(
    opts: RequestOptions,
    how: { refresh: boolean; signal: AbortSignal },
  ): Promise<[string, string][]> {
    const { credentials, options } = this.#connection;
    // Pairs, since `Headers` would join the values of equal names by commas,
    // and "a, b" is one group to Kubernetes.
    const headers: [string, string][] = [
      ["User-Agent", options.userAgent ?? "faros"],
    ];
    const accept = opts.accept ??
      (opts.expectJson ? "application/json" : undefined);
    if (accept) headers.push(["Accept", accept]);
    const contentType = opts.contentType ??
      (opts.bodyJson !== undefined ? "application/json" : undefined);
    if (contentType) headers.push(["Content-Type", contentType]);
    const authorization = await credentials.authorization(how);
    if (authorization) headers.push(["Authorization", authorization]);
    const who = this.#impersonate;
    if (who) {
      headers.push(["Impersonate-User", who.user]);
      if (who.uid) headers.push(["Impersonate-Uid", who.uid]);
      for (const group of who.groups ?? []) {
        headers.push(["Impersonate-Group", group]);
      }
      for (const [key, values] of Object.entries(who.extra ?? {})) {
        const name = `Impersonate-Extra-${encodeURIComponent(key)}`;
        for (const value of values) headers.push([name, value]);
      }
    }
    return headers;
  }

  #warn(response: Response, opts: RequestOptions): void {
    const { onWarning } = this.#connection.options;
    const header = onWarning && response.headers.get("warning");
    if (!header) return;
    // RFC 7234 5.5: code, agent, quoted text.
    for (const match of header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)) {
      onWarning(match[1]!.replace(/\\(.)/g, "$1"), opts);
    }
  }

  #stream(
    response: Response,
    { opts, link }: { opts: RequestOptions; link: LinkedSignal },
  ): ReadableStream<unknown> {
    const source = response.body;
    if (!source) {
      link[Symbol.dispose]();
      return new ReadableStream({ start: (controller) => controller.close() });
    }
    const reader = source.getReader();
    const connection = this.#connection;
    connection.openStreams++;
    let open = true;
    const close = () => {
      if (open) connection.openStreams--;
      open = false;
      link[Symbol.dispose]();
    };
    // Once nobody holds the Request, a garbage collection may cut the body off
    // from its signal (Deno 2.9); so the body is ended here.
    const { signal } = link;
    const end = () => void reader.cancel(signal.reason).catch(() => {});
    signal.addEventListener("abort", end, { once: true });
    // Not a mere pipe: it has to let go of the signal whichever way it ends,
    // and to explain errors.
    const lines = opts.expectJson ? new JsonLines() : undefined;
    return new ReadableStream<unknown>({
      pull: async (controller) => {
        try {
          while (true) {
            const { done, value } = await reader.read();
            signal.throwIfAborted();
            const values = !lines
              ? done ? [] : [value]
              : done
              ? lines.end()
              : lines.push(value);
            for (const item of values) controller.enqueue(item);
            if (done) {
              close();
              controller.close();
            }
            if (done || values.length) return;
          }
        } catch (error) {
          close();
          void reader.cancel(error).catch(() => {});
          controller.error(this.#explain(error, { opts, link }));
        }
      },
      cancel: async (reason) => {
        close();
        await reader.cancel(reason).catch(() => {});
      },
    }, { highWaterMark: 0 });
  }

  async #tunnel(url: string, opts: RequestOptions): Promise<KubernetesTunnel> {
    const headers = await this.#headers(opts, {
      refresh: false,
      signal: opts.abortSignal ?? new AbortController().signal,
    });
    return openTunnel(url.replace(/^http/, "ws"), {
      protocols: opts.expectTunnel!,
      headers,
      client: this.#connection.transport.client(),
      signal: opts.abortSignal,
    });
  }

  /** An error that says what was being done, and what may help. */
  #explain(
    error: unknown,
    { opts, link }: { opts: RequestOptions; link: LinkedSignal },
  ): unknown {
    if (link.signal.aborted) {
      const { reason } = link.signal;
      if (reason instanceof DOMException && reason.name === "TimeoutError") {
        this.#connection.transport.renew();
      }
      return reason;
    }
    if (error instanceof KubeApiError || !(error instanceof TypeError)) {
      return error;
    }
    const { config } = this.#connection;
    let why = reasonOf(error);
    // An alert is the server's word about our certificate.
    if (distrusts(error) && !/fatal alert/i.test(why)) {
      why += config.insecureSkipTlsVerify
        ? ". The kubeconfig says insecure-skip-tls-verify, which Deno can do for a whole process only: start it with --unsafely-ignore-certificate-errors, or better give the cluster's certificate-authority-data"
        : ". Is certificate-authority-data of the kubeconfig that of this server?";
    }
    return new Error(
      `Cannot ${opts.method} ${config.server}${opts.path}: ${why}`,
      { cause: error },
    );
  }
}

function reasonOf(error: TypeError): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Whether a connection failed over certificates: that of the server, or ours. */
function distrusts(error: unknown): boolean {
  return error instanceof TypeError &&
    /certificate|UnknownIssuer|fatal alert/i.test(reasonOf(error));
}

function body(opts: RequestOptions): BodyInit | undefined {
  if (opts.bodyStream) return opts.bodyStream;
  if (opts.bodyRaw) return opts.bodyRaw as Uint8Array<ArrayBuffer>;
  if (opts.bodyJson !== undefined) return JSON.stringify(opts.bodyJson);
  return undefined;
}

function parseBody(text: string, opts: RequestOptions): JSONValue {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(
      `Cannot read the answer to ${opts.method} ${opts.path}: it is not JSON`,
    );
  }
}

async function readError(
  response: Response,
  request: RequestOptions,
): Promise<KubeApiError> {
  const text = await response.text();
  let status: Status = {};
  try {
    const value = JSON.parse(text);
    if (value?.kind === "Status") status = value;
  } catch {
    // a proxy's page, most likely
  }
  if (!status.message) {
    const line = text.trim().split("\n")[0]!.slice(0, 200);
    status = {
      ...status,
      message: `the server answered ${response.status}${line && `: ${line}`}`,
    };
  }
  const after = response.headers.get("retry-after");
  return new KubeApiError(status, {
    code: response.status,
    // Seconds; Kubernetes never sends the form with a date.
    retryAfterSeconds: after && /^\d+$/.test(after) ? Number(after) : undefined,
    request,
  });
}

/** A whole body, or the reason of the signal where that comes first. */
async function whole<T>(
  read: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([read(), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
