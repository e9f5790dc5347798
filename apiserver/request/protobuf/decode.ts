import { badRequest } from "../../errors.ts";
import type { Json, JsonObject } from "../../types.ts";
import messages from "./messages.json" with { type: "json" };

/** Media type of protobuf bodies. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

type Field = [name: string, type: string, flags: string];
type Messages = Record<string, Record<string, Field>>;
const MESSAGES = { ...messages } as unknown as Messages;
const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Makes more kinds known, as `generate.ts` writes them. */
export function addMessages(more: Record<string, unknown>): void {
  Object.assign(MESSAGES, more);
}

/** Groups whose name in the table is not that in apiVersion. */
function tableName(apiVersion: string, kind: string): string {
  const [group = "", version] = apiVersion.includes("/")
    ? apiVersion.split("/")
    : ["core", apiVersion];
  const own = kind === "DeleteOptions" ? "meta" : group.split(".")[0];
  return `${own}/${kind === "DeleteOptions" ? "v1" : version}.${kind}`;
}

/**
 * Decodes the protobuf form of a built-in kind, in which Go clients send by default.
 *
 * @returns undefined for a kind that has no such form here.
 * @throws 400 where the bytes are not what they say.
 */
export function decodeProtobuf(bytes: Uint8Array): JsonObject | undefined {
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw badRequest("the protobuf body does not start with the k8s prefix");
  }
  try {
    return decodeUnknown(bytes.subarray(MAGIC.length));
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) {
      throw badRequest(`the protobuf body is malformed: ${error.message}`);
    }
    throw error;
  }
}

/** runtime.Unknown: the type, and the object's own bytes. */
function decodeUnknown(bytes: Uint8Array): JsonObject | undefined {
  let apiVersion = "";
  let kind = "";
  let raw = new Uint8Array();
  for (const { number, value } of fields(bytes)) {
    if (number === 1) {
      for (const inner of fields(value as Uint8Array)) {
        const text = decoder.decode(inner.value as Uint8Array);
        if (inner.number === 1) apiVersion = text;
        if (inner.number === 2) kind = text;
      }
    } else if (number === 2) raw = (value as Uint8Array).slice();
  }
  const name = tableName(apiVersion, kind);
  if (!Object.hasOwn(MESSAGES, name)) return undefined;
  return { apiVersion, kind, ...decodeMessage(name, raw) as JsonObject };
}

interface Raw {
  number: number;
  value: bigint | Uint8Array;
}

function* fields(bytes: Uint8Array): Generator<Raw> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("unexpected end");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is too long");
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError("unexpected end");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >>> 3;
    switch (key & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(Number(varint())) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw new RangeError(`wire type ${key & 7} is not known`);
    }
  }
}

function decodeMessage(name: string, bytes: Uint8Array): Json {
  const known = MESSAGES[name]!;
  const object: JsonObject = {};
  for (const { number, value } of fields(bytes)) {
    const field = known[number];
    if (!field) continue;
    const [key, type, flags] = field;
    if (flags.includes("m")) {
      const map = (object[key] ??= {}) as JsonObject;
      const [name, item] = decodeEntry(type, value as Uint8Array);
      Object.defineProperty(map, name, {
        value: item,
        enumerable: true,
        writable: true,
        configurable: true,
      });
      continue;
    }
    const decoded = decodeValue(type, value);
    if (flags.includes("r")) {
      ((object[key] ??= []) as Json[]).push(decoded ?? null);
    } else if (flags.includes("n")) Object.assign(object, decoded);
    else if (decoded === undefined) continue;
    else if (flags.includes("k") || !isZero(decoded)) object[key] = decoded;
  }
  return choose(name, object);
}

/** Unions whose JSON is that of the one member that is set. */
function choose(name: string, object: JsonObject): Json {
  if (name.endsWith(".JSONSchemaPropsOrArray")) {
    return object.schema ?? object.jSONSchemas ?? [];
  }
  if (name.endsWith(".JSONSchemaPropsOrBool")) {
    return object.schema ?? object.allows ?? false;
  }
  if (name.endsWith(".JSONSchemaPropsOrStringArray")) {
    return object.schema ?? object.property ?? [];
  }
  return object;
}

function isZero(value: Json): boolean {
  return value === "" || value === 0 || value === false;
}

function decodeEntry(type: string, bytes: Uint8Array): [string, Json] {
  let key = "";
  let item: Json | undefined;
  for (const { number, value } of fields(bytes)) {
    if (number === 1) key = decoder.decode(value as Uint8Array);
    if (number === 2) item = decodeValue(type, value);
  }
  return [key, item ?? (type === "list" ? [] : "")];
}

function decodeValue(
  type: string,
  value: bigint | Uint8Array,
): Json | undefined {
  if (typeof value === "bigint") {
    return type === "bool" ? value !== 0n : Number(BigInt.asIntN(64, value));
  }
  switch (type) {
    case "string":
      return decoder.decode(value);
    case "bytes":
      return value.toBase64();
    case "double":
      return new DataView(value.buffer, value.byteOffset).getFloat64(0, true);
    case "raw":
      return rawJson(value);
    case "list":
      return Array.from(
        fields(value),
        (item) => decoder.decode(item.value as Uint8Array),
      );
    case "Time":
    case "MicroTime":
      return time(value, type === "MicroTime" ? 6 : 0);
    case "Duration":
      return `${Number(numbers(value)[1] ?? 0n) / 1e9}s`;
    case "Quantity": {
      const [text] = Array.from(fields(value));
      return text ? decoder.decode(text.value as Uint8Array) : "0";
    }
    case "IntOrString":
      return intOrString(value);
    default:
      return decodeMessage(type, value);
  }
}

function rawJson(bytes: Uint8Array): Json | undefined {
  const raw = Array.from(fields(bytes)).find((field) => field.number === 1);
  const text = raw ? decoder.decode(raw.value as Uint8Array) : "";
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`embedded JSON: ${(error as Error).message}`);
  }
}

function numbers(bytes: Uint8Array): Record<number, bigint> {
  const found: Record<number, bigint> = {};
  for (const { number, value } of fields(bytes)) {
    if (typeof value === "bigint") found[number] = BigInt.asIntN(64, value);
  }
  return found;
}

function time(bytes: Uint8Array, digits: number): string | undefined {
  if (bytes.length === 0) return undefined;
  const { 1: seconds = 0n, 2: nanos = 0n } = numbers(bytes);
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = String(nanos).padStart(9, "0").slice(0, digits);
  return digits > 0 ? `${text}.${fraction}Z` : `${text}Z`;
}

function intOrString(bytes: Uint8Array): Json {
  let text = "";
  const { 1: type = 0n, 2: number = 0n } = numbers(bytes);
  for (const { number, value } of fields(bytes)) {
    if (number === 3) text = decoder.decode(value as Uint8Array);
  }
  return type === 1n ? text : Number(number);
}
