/**
 * The OpenAPI v2 document in the protobuf form of gnostic (`openapiv2/OpenAPIv2.proto`), in which Go clients ask for
 * it.
 *
 * @module
 */
import type { Json, JsonObject } from "../types.ts";
import { ProtobufWriter } from "./protobuf_writer.ts";

/** Media type of the answer. */
export const OPENAPI_V2_PROTOBUF =
  "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** A field: its number, and how its value is written. */
type Field = [number: number, write: Write];
type Write = (out: ProtobufWriter, number: number, value: Json) => void;
interface Message {
  fields: Record<string, Field>;
  /** Number of the list that takes `x-…`. */
  extensions?: number;
}

const string: Write = (out, number, value) => out.string(number, String(value));
const bool: Write = (out, number, value) => {
  if (value === true) out.bool(number, true);
};
const int: Write = (out, number, value) => out.int(number, value as number);
const double: Write = (out, number, value) =>
  out.double(number, value as number);
const strings: Write = (out, number, value) => {
  for (const item of value as string[]) out.string(number, item);
};
/** Any value, as YAML, which JSON is. */
const any: Write = (out, number, value) =>
  out.message(number, inner((own) => own.string(2, JSON.stringify(value))));
const anys: Write = (out, number, value) => {
  for (const item of value as Json[]) any(out, number, item);
};

function inner(write: (own: ProtobufWriter) => void): Uint8Array {
  const own = new ProtobufWriter();
  write(own);
  return own.bytes();
}

/** A message; a function, as messages contain each other. */
function message(of: () => Message): Write {
  return (out, number, value) =>
    out.message(number, encode(of(), value as JsonObject));
}

/** A message that holds one of several others, here the one at `at`. */
function wrapped(at: number, write: Write): Write {
  return (out, number, value) =>
    out.message(number, inner((own) => write(own, at, value)));
}

function list(write: Write): Write {
  return (out, number, value) => {
    for (const item of value as Json[]) write(out, number, item);
  };
}

/** A map is a list of messages with a name and a value. */
function named(write: Write): Write {
  return (out, number, value) => {
    for (const [name, item] of Object.entries(value as JsonObject)) {
      const entry = inner((own) => {
        own.string(1, name);
        write(own, 2, item!);
      });
      out.message(number, entry);
    }
  };
}

/** A message whose only field is a map. */
function map(at: number, write: Write): Write {
  return wrapped(at, named(write));
}

function encode(
  { fields, extensions }: Message,
  object: JsonObject,
): Uint8Array<ArrayBuffer> {
  const own = new ProtobufWriter();
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field) field[1](own, field[0], value);
    else if (extensions && key.startsWith("x-")) {
      named(any)(own, extensions, { [key]: value });
    }
  }
  return own.bytes();
}

const schema = message(() => SCHEMA);
const SCHEMA: Message = {
  fields: {
    $ref: [1, string],
    format: [2, string],
    title: [3, string],
    description: [4, string],
    default: [5, any],
    multipleOf: [6, double],
    maximum: [7, double],
    exclusiveMaximum: [8, bool],
    minimum: [9, double],
    exclusiveMinimum: [10, bool],
    maxLength: [11, int],
    minLength: [12, int],
    pattern: [13, string],
    maxItems: [14, int],
    minItems: [15, int],
    uniqueItems: [16, bool],
    maxProperties: [17, int],
    minProperties: [18, int],
    required: [19, strings],
    enum: [20, anys],
    additionalProperties: [
      21,
      (out, number, value) =>
        typeof value === "boolean"
          // Told from a schema by being there, even where it is false.
          ? out.message(number, inner((own) => own.bool(2, value)))
          : wrapped(1, schema)(out, number, value),
    ],
    type: [22, wrapped(1, string)],
    items: [23, wrapped(1, schema)],
    properties: [25, map(1, schema)],
    externalDocs: [29, message(() => EXTERNAL_DOCS)],
    example: [30, any],
  },
  extensions: 31,
};
const EXTERNAL_DOCS: Message = {
  fields: { description: [1, string], url: [2, string] },
  extensions: 3,
};

const BODY_PARAMETER: Message = {
  fields: {
    description: [1, string],
    name: [2, string],
    in: [3, string],
    required: [4, bool],
    schema: [5, schema],
  },
};
const NAMED_PARAMETER = {
  required: [1, bool],
  in: [2, string],
  description: [3, string],
  name: [4, string],
} satisfies Message["fields"];
const QUERY_PARAMETER: Message = {
  fields: { ...NAMED_PARAMETER, type: [6, string], uniqueItems: [20, bool] },
};
const PATH_PARAMETER: Message = {
  fields: { ...NAMED_PARAMETER, type: [5, string], uniqueItems: [19, bool] },
};
const parameter: Write = (out, number, value) => {
  const where = (value as JsonObject).in;
  const write = where === "body"
    ? wrapped(1, message(() => BODY_PARAMETER))
    : where === "query"
    ? wrapped(2, wrapped(3, message(() => QUERY_PARAMETER)))
    : wrapped(2, wrapped(4, message(() => PATH_PARAMETER)));
  // ParametersItem holds a Parameter, which holds what it is.
  wrapped(1, write)(out, number, value);
};

const RESPONSE: Message = {
  fields: { description: [1, string], schema: [2, wrapped(1, schema)] },
};
const OPERATION: Message = {
  fields: {
    tags: [1, strings],
    summary: [2, string],
    description: [3, string],
    operationId: [5, string],
    produces: [6, strings],
    consumes: [7, strings],
    parameters: [8, list(parameter)],
    responses: [9, map(1, wrapped(1, message(() => RESPONSE)))],
    schemes: [10, strings],
    deprecated: [11, bool],
  },
  extensions: 13,
};
const operation = message(() => OPERATION);
const PATH_ITEM: Message = {
  fields: {
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    options: [6, operation],
    head: [7, operation],
    patch: [8, operation],
    parameters: [9, list(parameter)],
  },
  extensions: 10,
};
const INFO: Message = { fields: { title: [1, string], version: [2, string] } };
const API_KEY: Message = {
  fields: {
    type: [1, string],
    name: [2, string],
    in: [3, string],
    description: [4, string],
  },
};
const DOCUMENT: Message = {
  fields: {
    swagger: [1, string],
    info: [2, message(() => INFO)],
    paths: [8, map(2, message(() => PATH_ITEM))],
    definitions: [9, map(1, schema)],
    security: [12, list(map(1, wrapped(1, strings)))],
    securityDefinitions: [
      13,
      map(1, wrapped(2, message(() => API_KEY))),
    ],
  },
};

/** The bytes of a document that `openapiV2` made. */
export function encodeOpenapiV2(document: JsonObject): Uint8Array<ArrayBuffer> {
  return encode(DOCUMENT, document);
}
