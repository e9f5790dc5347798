import type { ClusterConfig, Impersonation } from "./cluster_config.ts";
import type {
  JSONValue,
  KubernetesTunnel,
  RequestOptions,
  RestClient,
} from "./contract.ts";
import { kcpPath } from "./kcp/path.ts";
import { LinkedSignal } from "./linked_signal.ts";
import { explainFailure } from "./rest/connection_failure.ts";
import { requestHeaders } from "./rest/request_headers.ts";
import { responseStream } from "./rest/response_stream.ts";
import { RestConnection } from "./rest/rest_connection.ts";
import { sendRequest } from "./rest/send_request.ts";
import { KCP_WATCH, shortenWatch } from "./rest/shorten_watch.ts";
import { untilAborted } from "./rest/until_aborted.ts";
import type { RestClientOptions } from "./rest_client_options.ts";
import { openTunnel } from "./websocket_tunnel.ts";

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
  return new FetchRestClient(new RestConnection(config, options), {
    impersonate: options.impersonate ?? config.impersonate,
    owner: true,
  });
}

class FetchRestClient implements KubeRestClient {
  readonly defaultNamespace?: string;
  readonly server: string;
  readonly #connection: RestConnection;
  readonly #impersonate?: Impersonation;
  readonly #owner: boolean;

  constructor(
    connection: RestConnection,
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
    if (this.#owner) this.#connection.close();
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
    const { signal } = link;
    const { requestTimeout = 60_000 } = this.#connection.options;
    link.deadline(
      requestTimeout,
      `No answer to ${opts.method} ${opts.path} within ${requestTimeout} ms`,
    );
    try {
      const response = await sendRequest(this.#connection, {
        url,
        request: opts,
        impersonate: this.#impersonate,
        signal,
      });
      if (opts.expectStream) {
        link.clearDeadline();
        return this.#stream(response, { opts, link });
      }
      const body = opts.expectJson
        ? parseBody(await untilAborted(() => response.text(), signal), opts)
        : await untilAborted(() => response.bytes(), signal);
      link[Symbol.dispose]();
      return body;
    } catch (error) {
      link[Symbol.dispose]();
      throw this.#explain(error, { opts, signal });
    }
  }

  #url({ path, querystring }: RequestOptions): string {
    const { config, options, transport } = this.#connection;
    const longest = options.maxWatchSeconds ??
      (kcpPath(config.server) ? KCP_WATCH : undefined);
    const query = shortenWatch(querystring, longest)?.toString();
    return transport.baseUrl + path + (query ? `?${query}` : "");
  }

  #stream(
    response: Response,
    { opts, link }: { opts: RequestOptions; link: LinkedSignal },
  ): ReadableStream<unknown> {
    if (!response.body) {
      link[Symbol.dispose]();
      return new ReadableStream({ start: (controller) => controller.close() });
    }
    const connection = this.#connection;
    const { signal } = link;
    connection.openStreams++;
    return responseStream(response.body, {
      json: !!opts.expectJson,
      signal,
      onEnd: () => {
        connection.openStreams--;
        link[Symbol.dispose]();
      },
      explain: (error) => this.#explain(error, { opts, signal }),
    });
  }

  async #tunnel(url: string, opts: RequestOptions): Promise<KubernetesTunnel> {
    const { credentials, options } = this.#connection;
    const authorization = await credentials.authorization({
      refresh: false,
      signal: opts.abortSignal ?? new AbortController().signal,
    });
    return openTunnel(url.replace(/^http/, "ws"), {
      protocols: opts.expectTunnel!,
      headers: requestHeaders(opts, {
        userAgent: options.userAgent,
        authorization,
        impersonate: this.#impersonate,
      }),
      client: this.#connection.transport.client(),
      signal: opts.abortSignal,
    });
  }

  /** An error that says what was being done, and what may help. */
  #explain(
    error: unknown,
    { opts, signal }: { opts: RequestOptions; signal: AbortSignal },
  ): unknown {
    const { config, transport } = this.#connection;
    if (!signal.aborted) {
      return explainFailure(error, { request: opts, config });
    }
    const { reason } = signal;
    if (reason instanceof DOMException && reason.name === "TimeoutError") {
      transport.renew();
    }
    return reason;
  }
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
