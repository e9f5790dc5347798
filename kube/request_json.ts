import type { HttpMethods, JSONValue, RestClient } from "./contract.ts";

/** A request that JSON answers. */
export interface JsonRequest {
  method: HttpMethods;
  path: string;
  query?: URLSearchParams;
  /** Sent as JSON. @default nothing is */
  body?: unknown;
  /** @default {"application/json"} */
  contentType?: string;
  signal?: AbortSignal;
}

/** Sends a request, and reads its answer as JSON, which nobody checks to be a `T`. */
export async function requestJson<T>(
  rest: RestClient,
  request: JsonRequest,
): Promise<T> {
  const answer = await rest.performRequest({
    method: request.method,
    path: request.path,
    querystring: request.query,
    bodyJson: request.body as JSONValue,
    contentType: request.contentType,
    abortSignal: request.signal,
    expectJson: true,
  });
  return answer as T;
}
