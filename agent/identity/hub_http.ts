import { whyUnreachable } from "../../kube/rest/connection_failure.ts";

/** Answer of the hub's HTTP endpoint that is not a good one. */
export class HubHttpError extends Error {
  override name = "HubHttpError";
  /** HTTP status. */
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Longest time for an answer to start, and for each pause amid it, in milliseconds. */
const TIMEOUT = 30_000;

/** Options of {@linkcode hubRequest}. */
export interface HubRequestOptions {
  /** PEM of the CA to trust. @default the system's */
  caData?: string;
  /** Sent as JSON; makes it a POST. */
  body?: unknown;
  token?: string;
  /** Longest answer, in bytes. */
  maxBytes: number;
  signal?: AbortSignal;
}

/** Asks an HTTP endpoint and returns the body of its answer. @throws HubHttpError */
export async function hubRequest(
  url: string,
  options: HubRequestOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { caData, body, token, maxBytes } = options;
  if (token && !isPrivate(new URL(url))) {
    throw new Error(
      `Cannot send this device's token to ${url}: the way there is not encrypted; give the hub a certificate (--tls-cert) or an https --hub-url`,
    );
  }
  const method = body === undefined ? "GET" : "POST";
  using client = Deno.createHttpClient({ caCerts: caData ? [caData] : [] });
  const controller = new AbortController();
  const onAbort = () => controller.abort(options.signal!.reason);
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() =>
      controller.abort(
        new DOMException(`no word for ${TIMEOUT} ms`, "TimeoutError"),
      ), TIMEOUT);
  };
  try {
    alive();
    const request = fetch(url, {
      method,
      client,
      signal: controller.signal,
      // Another host must not get the token.
      redirect: "error",
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const response = await request.catch((error) => {
      if (!(error instanceof TypeError)) throw error;
      const distrusted = caData
        ? "Has the hub another certificate authority now?"
        : "Is it of an authority that this machine trusts?";
      const why = whyUnreachable(error, { distrusted });
      throw new Error(`Cannot ${method} ${url}: ${why}`);
    });
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      alive();
      size += part.length;
      if (size > maxBytes) {
        throw new HubHttpError(
          response.status,
          `${method} ${url}: the answer is over ${maxBytes} bytes`,
        );
      }
      parts.push(part);
    }
    const bytes = await new Blob(parts).bytes();
    if (response.ok) return bytes;
    throw new HubHttpError(
      response.status,
      `${method} ${url}: the answer is ${response.status} ${explain(bytes)}`,
    );
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

/** Whether nobody on the way can read what is sent: TLS, or this machine. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === "https:" ||
    /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

function explain(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 2000)).trim();
  try {
    const { message, error } = JSON.parse(text);
    return String(message ?? error ?? "").slice(0, 500);
  } catch {
    return text.slice(0, 200);
  }
}
