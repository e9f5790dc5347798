import type { ClusterConfig } from "../../kube/mod.ts";

/** What becomes of one request. */
export type Fault =
  /** Something happens (a process is killed), and there is no answer. */
  | { act: () => Promise<unknown>; forwarded: boolean }
  /** Another answer than the server's, which did or did not get it. */
  | { status: number; forwarded: boolean }
  /** The connection ends in the middle of the answer. */
  | "cut"
  /** No answer comes. */
  | "hang";

/** Between clients and an API server: counts requests and spoils some. */
export interface FaultProxy extends AsyncDisposable {
  /** `http://127.0.0.1:…`; it passes on whoever asks. */
  url: string;
  /** Requests that were counted since the last {@linkcode FaultProxy.arm}. */
  readonly count: number;
  /**
   * Asks `decide` about each request from now on: its number from 1, and
   * `GET /path?query`. Nothing is spoilt where it is left out.
   */
  arm(
    decide?: (n: number, request: string) => Fault | undefined,
  ): void;
}

/** What is not a step of a sync: it goes on all the time. */
const ASIDE =
  /[?&]watch=|\/events\b|\/leases\b|authorization\.k8s\.io|selfsubject/;
/** Reasons that go with codes, as API servers give them. */
const REASONS: Record<number, string> = {
  409: "Conflict",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
};

/** Starts a {@linkcode FaultProxy} before the API server of `config`. */
export function startFaultProxy(config: ClusterConfig): FaultProxy {
  const upstream = Deno.createHttpClient({
    caCerts: config.caData ? [config.caData] : [],
  });
  const stop = new AbortController();
  let count = 0;
  let decide: Parameters<FaultProxy["arm"]>[0];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 502 }),
    signal: stop.signal,
  }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const what = `${request.method} ${pathname}${search}`;
    const fault = ASIDE.test(what) ? undefined : decide?.(++count, what);
    const forward = async () => {
      const headers = new Headers(request.headers);
      headers.delete("host");
      headers.delete("accept-encoding");
      const answer = await fetch(`${config.server}${pathname}${search}`, {
        method: request.method,
        headers,
        body: request.body ? await request.arrayBuffer() : undefined,
        client: upstream,
        signal: AbortSignal.any([stop.signal, request.signal]),
      });
      const kept = new Headers(answer.headers);
      kept.delete("content-encoding");
      kept.delete("content-length");
      return new Response(answer.body, {
        status: answer.status,
        headers: kept,
      });
    };
    if (fault === undefined) return await forward();
    if (fault === "hang") {
      await new Promise<void>((resolve) =>
        AbortSignal.any([stop.signal, request.signal])
          .addEventListener("abort", () => resolve())
      );
      return new Response(null, { status: 504 });
    }
    if (fault === "cut") return await cut(await forward());
    if (fault.forwarded) await (await forward()).arrayBuffer();
    if ("act" in fault) {
      await fault.act();
      return new Response(null, { status: 502 });
    }
    const { status } = fault;
    return Response.json({
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason: REASONS[status],
      code: status,
      message: "a fault that a test injected",
    }, { status, headers: status === 429 ? { "retry-after": "1" } : {} });
  });
  const { port } = server.addr as Deno.NetAddr;
  return {
    url: `http://127.0.0.1:${port}`,
    get count() {
      return count;
    },
    arm(how) {
      count = 0;
      decide = how;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
      upstream.close();
    },
  };
}

/** The first half of an answer, and then an error. */
async function cut(answer: Response): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const half = bytes.subarray(0, Math.floor(bytes.length / 2));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(half);
    },
    pull(controller) {
      controller.error(new Error("cut"));
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
}
