import { causes } from "../http/causes.ts";
import { readLimited } from "../http/read_limited.ts";
import { retryAfter } from "../http/retry_after.ts";

/** A request to a forge that did not do. */
export class ForgeError extends Error {
  override name = "ForgeError";
  readonly reason: ForgeReason;
  /** HTTP status of the answer, where there was one. */
  readonly code?: number;
  /** Milliseconds that the forge wants us to wait. */
  readonly retryAfter?: number;

  constructor(
    reason: ForgeReason,
    message: string,
    options: { code?: number; retryAfter?: number } = {},
  ) {
    super(message);
    this.reason = reason;
    if (options.code !== undefined) this.code = options.code;
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }
}

/** Reasons of a Repository's conditions ForgeReported and PullRequestsReported; docs/gitops.md tells what each means. */
export const FORGE_REASONS = [
  "ForgeInvalid",
  "ForgeUnauthorized",
  "ForgeNotFound",
  "ForgeRateLimited",
  "ForgeRefused",
  "ForgeUnreachable",
] as const;

/** One of {@linkcode FORGE_REASONS}. */
export type ForgeReason = typeof FORGE_REASONS[number];

/** Options of {@linkcode ForgeClient}. */
export interface ForgeClientOptions {
  /** Root of the forge's API, without a slash at its end. */
  api: string;
  headers: Record<string, string>;
  /** PEM of a private CA. */
  caCert?: string;
  proxy?: Deno.Proxy;
  /** Told of each request, for metrics. */
  onRequest?: (code: number | undefined) => void;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Longest time of a request, in milliseconds. */
const TIMEOUT = 30_000;
/** Bytes of an answer. */
const MAX_ANSWER = 8 << 20;

/** Requests to the API of a forge, in JSON. */
export class ForgeClient implements Disposable {
  readonly #options: ForgeClientOptions;
  readonly #http: Deno.HttpClient;

  constructor(options: ForgeClientOptions) {
    this.#options = options;
    const { caCert, proxy } = options;
    this.#http = Deno.createHttpClient({
      ...(caCert ? { caCerts: [caCert] } : {}),
      ...(proxy ? { proxy } : {}),
    });
  }

  /**
   * Sends a request and reads the JSON of its answer.
   *
   * @param path Below the API's root.
   * @throws {ForgeError}
   */
  async request<T = unknown>(
    method: "GET" | "POST" | "PUT" | "PATCH",
    path: string,
    options: { body?: unknown; signal?: AbortSignal } = {},
  ): Promise<T> {
    const { api, headers, onRequest } = this.#options;
    const url = `${api}${path}`;
    const what = `Cannot ${method} ${url}`;
    const limit = AbortSignal.timeout(TIMEOUT);
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: {
          accept: "application/json",
          "user-agent": "faros",
          ...(options.body === undefined
            ? {}
            : { "content-type": "application/json" }),
          ...headers,
        },
        ...(options.body === undefined
          ? {}
          : { body: JSON.stringify(options.body) }),
        // The credentials would go along to wherever it sends us.
        redirect: "manual",
        client: this.#http,
        signal: options.signal
          ? AbortSignal.any([options.signal, limit])
          : limit,
      });
      text = await readLimited(response, MAX_ANSWER);
    } catch (error) {
      options.signal?.throwIfAborted();
      onRequest?.(undefined);
      throw new ForgeError(
        "ForgeUnreachable",
        `${what}: ${
          limit.aborted ? `no answer within ${TIMEOUT / 1000} s` : causes(error)
        }`,
      );
    }
    onRequest?.(response.status);
    if (!response.ok) throw this.#refused(what, response, text);
    return parse(text) as T;
  }

  #refused(what: string, response: Response, text: string): ForgeError {
    const { status: code, headers } = response;
    const said = messageOf(text);
    const wait = retryAfter(headers, this.#options.now());
    const found = `it answered ${code}${said ? `: ${said}` : ""}`;
    if (code >= 300 && code < 400) {
      return new ForgeError(
        "ForgeInvalid",
        `${what}: it leads elsewhere (${code}), and credentials are sent to no other address; is spec.forge.url right, and the repository not renamed?`,
        { code },
      );
    }
    // GitHub says 403 where a limit is reached, and what is left.
    if (
      code === 429 ||
      (code === 403 && (wait !== undefined || /rate limit/i.test(text)))
    ) {
      return new ForgeError("ForgeRateLimited", `${what}: ${found}`, {
        code,
        retryAfter: wait ?? 60_000,
      });
    }
    const reason = code === 401 || code === 403
      ? "ForgeUnauthorized"
      : code === 404
      ? "ForgeNotFound"
      : code >= 500
      ? "ForgeUnreachable"
      : "ForgeRefused";
    return new ForgeError(reason, `${what}: ${found}`, {
      code,
      ...(wait === undefined ? {} : { retryAfter: wait }),
    });
  }

  [Symbol.dispose](): void {
    this.#http.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer says is wrong, shortened: the forges agree on `message`. */
function messageOf(text: string): string {
  const body = parse(text) as { message?: unknown; error?: unknown } | null;
  const said = body?.message ?? body?.error ?? "";
  const found = typeof said === "string" ? said : JSON.stringify(said);
  // deno-lint-ignore no-control-regex
  return found.replace(/[\x00-\x1f\x7f]+/g, " ").slice(0, 200);
}
