/**
 * Answers in the form that was negotiated.
 *
 * @module
 */
import { NoSuchPath, StatusError } from "../errors.ts";
import type { Form } from "../request/negotiation.ts";
import { systemClock } from "./clock.ts";
import type { Json, JsonObject } from "../types.ts";
import {
  type EncodedList,
  listBody,
  type ListBodyOptions,
  listBytes,
} from "./list_body.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const COMMON = { "cache-control": "no-cache, private" };
/** Headers of the usual answer, made once. */
const JSON_HEADERS = new Headers({
  ...COMMON,
  "content-type": "application/json",
});
const JSON_FORM: Form = { mediaType: "application/json" };

/** Options of an answer. */
export interface RespondOptions {
  status?: number;
  form?: Form;
  headers?: Record<string, string>;
}

/** Answers a value. */
export function respond(
  value: JsonObject,
  { status = 200, form = JSON_FORM, headers }: RespondOptions = {},
): Response {
  const options = { status, headers: headersOf(form, headers) };
  if (form.mediaType === "application/yaml") {
    return new Response(ReadableStream.from(yaml(value)), options);
  }
  const text = form.pretty
    ? JSON.stringify(value, undefined, 2) + "\n"
    : JSON.stringify(value) + "\n";
  return new Response(encoder.encode(text), options);
}

/** Few clients want it: the library is loaded for the first. */
async function* yaml(value: Json): AsyncGenerator<Uint8Array> {
  const { stringify } = await import("yaml");
  yield encoder.encode(stringify(value, { aliasDuplicateObjects: false }));
}

function headersOf(
  { mediaType }: Form,
  more: Record<string, string> | undefined,
): HeadersInit {
  return more || mediaType !== "application/json"
    ? { ...COMMON, "content-type": mediaType, ...more }
    : JSON_HEADERS;
}

/** Answers JSON that is encoded already, a list as it is taken; one that `release`s goes to the network. */
export function respondEncodedList(
  list: EncodedList,
  { form = JSON_FORM, release }: RespondOptions & ListBodyOptions = {},
): Response {
  if (form.mediaType === "application/yaml" || form.pretty) {
    return respondBytes(listBytes(list), { form });
  }
  const clock = release ? systemClock : undefined;
  return new Response(listBody(list, { release, clock }), {
    headers: headersOf(form, undefined),
  });
}

/** Answers JSON that is encoded already. */
export function respondBytes(
  bytes: Uint8Array<ArrayBuffer>,
  options: RespondOptions = {},
): Response {
  const { status = 200, form = JSON_FORM, headers } = options;
  if (form.mediaType === "application/yaml" || form.pretty) {
    return respond(JSON.parse(decoder.decode(bytes)), options);
  }
  return new Response(bytes, {
    status,
    headers: headersOf(form, headers),
  });
}

/** Answers plain text. */
export function respondText(text: string, status = 200): Response {
  return new Response(text, {
    status,
    headers: {
      ...COMMON,
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
    },
  });
}

/** Answers an error as its Status; what is no StatusError is a 500 that says nothing of the inside. */
export function respondError(error: unknown, form?: Form): Response {
  // As kube-apiserver answers it: clients then say what they asked for.
  if (error instanceof NoSuchPath) {
    return respondText("404 page not found\n", 404);
  }
  const known = error instanceof StatusError ? error : new StatusError(
    500,
    "InternalError",
    "Internal error occurred; the server's log says more",
  );
  return respond(known.toStatus(), {
    status: known.code,
    form,
    headers: known.headers,
  });
}
