import type { FuzzRequest } from "./request.ts";

/** Requests that one shrinking may send. */
const ATTEMPTS = 300;
/** Milliseconds after which no more is sent: where an answer hangs, each takes long. */
const MAX_MS = 180_000;

/**
 * The smallest request found that still fails: parts are left out as long as it does.
 *
 * @param fails Whether a request fails in the same way; it may have effects.
 */
export async function shrink(
  request: FuzzRequest,
  fails: (request: FuzzRequest) => Promise<boolean>,
): Promise<FuzzRequest> {
  let smallest = request;
  let left = ATTEMPTS;
  const end = Date.now() + MAX_MS;
  for (let progress = true; progress && left > 0;) {
    progress = false;
    for (const candidate of smaller(smallest)) {
      if (left-- <= 0 || Date.now() > end) return smallest;
      if (!await fails(candidate)) continue;
      smallest = candidate;
      progress = true;
      break;
    }
  }
  return smallest;
}

function* smaller(request: FuzzRequest): Generator<FuzzRequest> {
  const { query, headers, body } = request;
  for (const i of query.keys()) {
    yield { ...request, query: query.toSpliced(i, 1) };
  }
  for (const i of headers.keys()) {
    yield { ...request, headers: headers.toSpliced(i, 1) };
  }
  if (!body) return;
  const { body: _, ...without } = request;
  yield without;
  if ("value" in body) {
    for (const value of smallerValues(body.value)) {
      yield { ...request, body: { value } };
    }
    return;
  }
  const { bytes } = body;
  for (let size = bytes.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < bytes.length; at += size) {
      const rest = new Uint8Array(
        bytes.length - Math.min(size, bytes.length - at),
      );
      rest.set(bytes.subarray(0, at));
      rest.set(bytes.subarray(at + size), at);
      yield { ...request, body: { bytes: rest } };
    }
  }
}

function* smallerValues(value: unknown): Generator<unknown> {
  if (typeof value === "string" && value.length > 8) {
    yield value.slice(0, value.length >> 1);
  }
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const i of value.keys()) yield value.toSpliced(i, 1);
    for (const [i, item] of value.entries()) {
      for (const less of smallerValues(item)) yield value.with(i, less);
    }
    return;
  }
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object)) {
    const { [key]: _, ...rest } = object;
    yield rest;
  }
  for (const [key, sub] of Object.entries(object)) {
    for (const less of smallerValues(sub)) yield { ...object, [key]: less };
  }
}
