import { setSocketOptions } from "./socket_options.ts";

/** Milliseconds until the address is tried again that is not free yet, at first and at most: twice as many each time. */
const REBIND_MS = 1;
const MOST_REBIND_MS = 1000;
/** Milliseconds after a connection that could not be accepted: the next would hardly fare better at once. */
const ACCEPT_MS = 200;
/** No failure is told of within so many milliseconds of another. */
const TELL_MS = 60_000;
/** Time that requests under way have to end when the server closes, in milliseconds. */
const GRACE_MS = 5000;

/** A certificate chain and its private key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Options of {@linkcode serveHttp}. */
export interface HttpServerOptions {
  hostname: string;
  /** 0 takes a free one. */
  port: number;
  /** Without it the server speaks plain HTTP. */
  certificate?: Certificate;
  handler: Deno.ServeHandler<Deno.NetAddr>;
  /** Told why no connections are taken for the moment; by default errors go to the console. */
  onError?: (error: unknown) => void;
}

/** An HTTP server whose certificate can be replaced while it runs. */
export interface HttpServer {
  readonly addr: Deno.NetAddr;
  /**
   * Serves new connections with another certificate. Those that stand go on as
   * they are, and end by themselves. For some milliseconds in between new ones
   * are refused: `Deno.serve` cannot change its certificate.
   *
   * @throws Error where the certificate is none; then all stays as it was.
   */
  useCertificate(certificate: Certificate): Promise<void>;
  /**
   * Takes nothing new, and resolves when what is under way has ended, at the
   * latest after `graceMs`. What goes on even then ends with the process:
   * `Deno.serve` cannot cut a connection once it ends gracefully.
   */
  shutdown(graceMs?: number): Promise<void>;
}

/** Serves HTTP. @throws Error where it cannot listen there, as where the port is taken */
export function serveHttp(options: HttpServerOptions): HttpServer {
  const listen = (port: number, certificate?: Certificate) => {
    const listening = Deno.serve({
      hostname: options.hostname,
      port,
      ...certificate,
      onListen: () => {},
    }, options.handler);
    setSocketOptions(listening.addr.port);
    return listening;
  };
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = listen(options.port, options.certificate);
  } catch (error) {
    throw listenError(error as Error, options);
  }
  const addr = server.addr;
  const ending = new Set<Promise<void>>();
  let certificate = options.certificate;
  let closed = false;
  let told = -Infinity;
  follow(server);

  /**
   * A connection that cannot be accepted, as where no file descriptor is free, ends `Deno.serve`, and the process with it
   * where nobody hears of that. Those that stand go on, so that it only has to listen again.
   */
  function follow(one: Deno.HttpServer) {
    one.finished.catch((error: Error) => {
      if (closed || one !== server) return;
      tell(
        `Cannot accept a connection on ${addr.hostname}:${addr.port}: ${error.message}; where it is for want of file descriptors, raise their limit (ulimit -n, LimitNOFILE)`,
        error,
      );
      void listenAgain(ACCEPT_MS);
    });
  }

  function tell(what: string, cause: unknown) {
    const now = performance.now();
    if (now - told < TELL_MS) return;
    told = now;
    const { onError = console.error } = options;
    onError(new Error(what, { cause }));
  }

  let listening: Promise<void> | undefined;
  function listenAgain(wait: number): Promise<void> {
    return listening ??= bind(wait).finally(() => listening = undefined);
  }

  /** Without an end, since a server that does not listen is of no use to anybody. */
  async function bind(wait: number) {
    for (; !closed; wait = Math.min(2 * wait, MOST_REBIND_MS)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (closed) return;
      try {
        server = listen(addr.port, certificate);
        return follow(server);
      } catch (error) {
        if (wait < MOST_REBIND_MS) continue;
        tell(
          listenError(error as Error, { ...options, ...addr }).message,
          error,
        );
      }
    }
  }

  function end(old: Deno.HttpServer) {
    // One that could accept no more has ended already.
    const ended: Promise<void> = old.shutdown().catch(() => {})
      .finally(() => ending.delete(ended));
    ending.add(ended);
    return ended;
  }

  return {
    addr,
    async useCertificate(next) {
      // One that is of no use must not take the server down.
      await listen(0, next).shutdown();
      if (closed) return;
      certificate = next;
      end(server);
      await listenAgain(REBIND_MS);
    },
    async shutdown(graceMs = GRACE_MS) {
      closed = true;
      end(server);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([Promise.all(ending), late]);
      clearTimeout(timer);
    },
  };
}

function listenError(
  error: Error,
  { hostname, port }: Pick<HttpServerOptions, "hostname" | "port">,
): Error {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const wayOut = error instanceof Deno.errors.AddrInUse
    ? "; another program listens there: stop that, or choose another port (0 takes a free one)"
    : error instanceof Deno.errors.AddrNotAvailable
    ? "; choose an address of this machine"
    : error instanceof Deno.errors.PermissionDenied
    ? "; ports below 1024 may need an administrator: choose another"
    : "";
  return new Error(
    `Cannot listen on ${host}:${port}: ${error.message}${wayOut}`,
    { cause: error },
  );
}
