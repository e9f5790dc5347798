import type { ClusterConfig } from "../cluster_config.ts";
import type { CertificatePair } from "./certificates.ts";

/** An HTTP server that answers as a test tells it to. */
export interface FaultServer extends AsyncDisposable {
  url: string;
  port: number;
  /** Fit for `createRestClient`; without TLS. */
  config: ClusterConfig;
  /** The requests so far, as `GET /path?query`. */
  requests: string[];
}

/** Starts a server that behaves badly in a way that `handler` decides. */
export function startFaultServer(
  handler: (request: Request, url: URL) => Response | Promise<Response>,
  options: { tls?: CertificatePair } = {},
): FaultServer {
  const requests: string[] = [];
  // Ends what a handler left open, since a server waits for it.
  const stop = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    signal: stop.signal,
    ...options.tls,
  }, (request) => {
    const url = new URL(request.url);
    requests.push(`${request.method} ${url.pathname}${url.search}`);
    return handler(request, url);
  });
  const { port } = server.addr as Deno.NetAddr;
  const url = `${options.tls ? "https" : "http"}://127.0.0.1:${port}`;
  return {
    url,
    port,
    config: { server: url, namespace: "default" },
    requests,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}

/** An answer as Kubernetes refuses. */
export function statusResponse(
  code: number,
  options: {
    reason?: string;
    message?: string;
    details?: unknown;
    retryAfter?: number;
  } = {},
): Response {
  const { retryAfter, ...rest } = options;
  return Response.json({
    apiVersion: "v1",
    kind: "Status",
    status: "Failure",
    code,
    ...rest,
  }, {
    status: code,
    headers: retryAfter === undefined
      ? {}
      : { "retry-after": String(retryAfter) },
  });
}

/** A stream of watch events under a test's control. */
export interface EventStream {
  response: Response;
  send(type: string, object: unknown): void;
  /** Sends as it is: half a line, for instance. */
  raw(text: string): void;
  /** Ends it properly. */
  end(): void;
  /** Cuts the connection. */
  cut(): void;
  /** Resolves when the client reads no more. */
  readonly cancelled: Promise<void>;
}

/** Makes an {@linkcode EventStream}, the answer to a watch. */
export function eventStream(): EventStream {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start: (c) => {
      controller = c;
    },
    cancel: () => cancelled.resolve(),
  });
  const raw = (text: string) =>
    controller.enqueue(new TextEncoder().encode(text));
  return {
    response: new Response(body, {
      headers: { "content-type": "application/json" },
    }),
    send: (type, object) => raw(JSON.stringify({ type, object }) + "\n"),
    raw,
    end: () => controller.close(),
    cut: () => controller.error(new Error("cut")),
    cancelled: cancelled.promise,
  };
}
