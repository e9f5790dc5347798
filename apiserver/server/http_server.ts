import { setNoDelay } from "./no_delay.ts";

/** How long the address may take to be free again when a certificate is replaced, in milliseconds. */
const REBIND_MS = 5000;
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
    // Without TLS it is set already.
    if (certificate) setNoDelay(listening.addr.port);
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
  let closed = false;

  async function listenAgain(certificate: Certificate) {
    const deadline = performance.now() + REBIND_MS;
    while (!closed) {
      try {
        server = listen(addr.port, certificate);
        return;
      } catch (error) {
        const late = performance.now() > deadline;
        if (!(error instanceof Deno.errors.AddrInUse) || late) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  function end(old: Deno.HttpServer) {
    const ended: Promise<void> = old.shutdown()
      .finally(() => ending.delete(ended));
    ending.add(ended);
    return ended;
  }

  return {
    addr,
    async useCertificate(certificate) {
      // One that is of no use must not take the server down.
      await listen(0, certificate).shutdown();
      if (closed) return;
      end(server);
      await listenAgain(certificate);
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
