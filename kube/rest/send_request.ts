import { Backoff } from "../backoff.ts";
import type { Impersonation } from "../cluster_config.ts";
import type { RequestOptions } from "../contract.ts";
import { checkFence } from "../fence.ts";
import { distrusts } from "./connection_failure.ts";
import { requestHeaders } from "./request_headers.ts";
import { responseError } from "./response_error.ts";
import { responseWarnings } from "./response_warnings.ts";
import type { RestConnection } from "./rest_connection.ts";

/** Options of {@linkcode sendRequest}. */
export interface SendRequestOptions {
  url: string;
  request: RequestOptions;
  /** Act as somebody else. */
  impersonate?: Impersonation;
  signal: AbortSignal;
}

/**
 * Sends a request until there is an answer that repeating cannot better.
 *
 * @throws {KubeApiError} what the server refuses
 */
export async function sendRequest(
  connection: RestConnection,
  { url, request, impersonate, signal }: SendRequestOptions,
): Promise<Response> {
  const { fetch, options } = connection;
  const { clock, maxRetries = 5, onWarning, userAgent } = options;
  const backoff = new Backoff({ base: 250, max: 10_000 });
  let refresh = false;
  let renewed = false;
  for (let retries = 0;; retries++) {
    const { config, transport, credentials } = connection;
    const authorization = await credentials.authorization({ refresh, signal });
    const init: RequestInit & { client?: Deno.HttpClient } = {
      method: request.method,
      headers: requestHeaders(request, {
        userAgent,
        authorization,
        impersonate,
      }),
      body: body(request),
      redirect: "error",
      signal,
      client: transport.client(),
    };
    // The last thing before it leaves.
    if (request.method !== "GET" && request.method !== "HEAD") {
      checkFence(`${request.method} ${request.path}`);
    }
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (error) {
      const again = !renewed && !request.bodyStream && distrusts(error);
      if (!again || !await connection.renew(config)) throw error;
      renewed = true;
      continue;
    }
    if (onWarning) {
      for (const text of responseWarnings(response)) onWarning(text, request);
    }
    if (response.ok) return response;
    const error = await responseError(response, request);
    if (request.bodyStream) throw error; // gone with the first attempt
    if (error.code === 401 && credentials.refreshable && !refresh) {
      refresh = true;
      continue;
    }
    if (error.code === 401 && !renewed) {
      if (!await connection.renew(config)) throw error;
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
    await clock.sleep(wait, signal);
    refresh = false;
  }
}

function body(request: RequestOptions): BodyInit | undefined {
  if (request.bodyStream) return request.bodyStream;
  if (request.bodyRaw) return request.bodyRaw as Uint8Array<ArrayBuffer>;
  if (request.bodyJson !== undefined) return JSON.stringify(request.bodyJson);
  return undefined;
}
