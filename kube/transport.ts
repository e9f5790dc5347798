import type { ClusterConfig } from "./cluster_config.ts";
import { startConnectRelay } from "./connect_relay.ts";

/** Connections to one API server. */
export interface Transport extends Disposable {
  /** What requests are sent to: the server's URL, without a slash at its end. */
  readonly baseUrl: string;
  /** For `fetch` and `WebSocket`; none where the runtime's own will do. */
  client(): Deno.HttpClient | undefined;
  /**
   * Lets go of the present connections: requests under way end by themselves,
   * later ones connect anew.
   *
   * HTTP/2 puts all requests on one connection. When that hangs (a NAT forgot
   * it, a cable was pulled), so would every retry.
   */
  renew(): void;
}

/** Makes the {@linkcode Transport} of a cluster. */
export function createTransport(
  config: ClusterConfig,
  { http2 = true }: {
    /** Whether requests share a connection, where the server can do so. @default {true} */
    http2?: boolean;
  } = {},
): Transport {
  const url = parseServer(config.server);
  if (!config.clientCert !== !config.clientKey) {
    throw new Error(
      `Cannot connect to ${config.server}: a client certificate needs its key and the other way round`,
    );
  }
  const relay = config.tlsServerName && url.protocol === "https:"
    ? startConnectRelay({
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 443),
    })
    : undefined;
  if (relay) {
    if (config.proxyUrl) {
      relay[Symbol.dispose]();
      throw new Error(
        `Cannot connect to ${config.server}: tls-server-name and proxy-url cannot be combined`,
      );
    }
    // Setting `hostname` would keep the old name where the new is not valid.
    url.host = `${config.tlsServerName}:${url.port || 443}`;
  }
  const special = config.caData || config.clientCert || config.proxyUrl ||
    relay || !http2;
  const open = () =>
    Deno.createHttpClient({
      caCerts: config.caData ? [config.caData] : undefined,
      proxy: relay?.proxy ??
        (config.proxyUrl ? { url: config.proxyUrl } : undefined),
      ...(config.clientCert
        ? { cert: config.clientCert, key: config.clientKey! }
        : {}),
      http2,
    });
  let current: Deno.HttpClient | undefined;
  let closed = false;
  return {
    baseUrl: url.href.replace(/\/+$/, ""),
    client() {
      if (closed) throw new Error("The Kubernetes client is closed");
      if (special) current ??= open();
      return current;
    },
    renew() {
      if (closed) return;
      current?.close();
      current = open();
    },
    [Symbol.dispose]() {
      closed = true;
      current?.close();
      current = undefined;
      relay?.[Symbol.dispose]();
    },
  };
}

function parseServer(server: string): URL {
  // kubectl takes a bare host:port as http.
  const text = /^[a-z]+:\/\//i.test(server) ? server : `http://${server}`;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(
      `Cannot connect to ${JSON.stringify(server)}: not an http or https URL`,
    );
  }
  return url;
}
