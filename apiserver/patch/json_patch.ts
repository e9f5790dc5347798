import { badRequest, StatusError } from "../errors.ts";
import { cloneJson } from "../schema/clone_json.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { jsonKind } from "../schema/go_value.ts";
import type { Json, JsonObject } from "../types.ts";

/** More operations than this are refused, as on kube-apiserver. */
const MAX_OPERATIONS = 10_000;

/**
 * JSON Patch (RFC 6902), with kube-apiserver's leniency: `replace` and `copy` of a missing object key work as with
 * null. The document is not changed; parts that stay are shared with the result.
 *
 * @throws {StatusError} 400 for a malformed patch, 413 for one of more than 10,000 operations, 422 for one that does
 * not fit the document (why is in the error's `cause`; the answer says no more than kube-apiserver's).
 */
export function jsonPatch(document: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${
        jsonKind(patch)
      } into Go value of type []handlers.jsonPatchOp`,
    );
  }
  const wrong = patch.find((o) => !isObject(o));
  if (wrong !== undefined) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${
        jsonKind(wrong)
      } into Go value of type handlers.jsonPatchOp`,
    );
  }
  if (patch.length > MAX_OPERATIONS) {
    throw new StatusError(
      413,
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  let result: Json = document;
  for (const operation of patch) {
    result = applyOne(result, operation as JsonObject);
  }
  if (!isObject(result)) throw misfit("the patch does not leave an object");
  return result;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function misfit(why: string): StatusError {
  const error = new StatusError(
    422,
    "Invalid",
    "the server rejected our request due to an error in our request",
    {},
  );
  error.cause = why;
  return error;
}

function pointer(path: Json | undefined): string[] {
  if (path === "") return [];
  // As on kube-apiserver, what stands before the first slash does not count.
  if (typeof path !== "string" || !path.includes("/")) {
    throw misfit(`not a JSON pointer: ${JSON.stringify(path)}`);
  }
  return path.split("/").slice(1).map((part) =>
    part.replace(/~1/g, "/").replace(/~0/g, "~")
  );
}

function applyOne(document: Json, operation: JsonObject): Json {
  const { op, value = null } = operation;
  const path = pointer(operation.path);
  switch (op) {
    case "add":
      return change(document, path, { value, insert: true });
    case "replace":
      return change(document, path, { value });
    case "remove":
      if (!path.length || find(document, path) === undefined) {
        throw misfit(`remove: there is no ${operation.path}`);
      }
      return change(document, path, { value: undefined });
    case "test":
      if (!deepEqual(find(document, path) ?? null, value)) {
        throw misfit(`test: ${operation.path} has another value`);
      }
      return document;
    case "copy": {
      const copied = find(document, pointer(operation.from)) ?? null;
      return change(document, path, {
        value: cloneJson(copied),
        insert: true,
      });
    }
    case "move": {
      const from = pointer(operation.from);
      const moved = find(document, from);
      if (moved === undefined || !from.length) {
        throw misfit(`move: there is no ${operation.from}`);
      }
      if (
        from.every((part, i) => part === path[i]) && path.length > from.length
      ) {
        throw misfit("move: a value cannot be moved into itself");
      }
      const rest = change(document, from, { value: undefined });
      return change(rest, path, { value: moved, insert: true });
    }
  }
  throw misfit(`unknown operation ${JSON.stringify(op)}`);
}

/** A place in a list, counted from its end where negative (as kube-apiserver takes it). */
function place(part: string, length: number): number {
  if (!/^-?(0|[1-9]\d*)$/.test(part)) {
    throw misfit(`${JSON.stringify(part)} is no index of a list`);
  }
  const index = Number(part) < 0 ? Number(part) + length : Number(part);
  if (index < 0 || index > length) {
    throw misfit(`index ${part} is out of range`);
  }
  return index;
}

function find(document: Json, path: string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const part of path) {
    if (Array.isArray(value)) value = value[place(part, value.length)];
    else if (isObject(value)) {
      value = Object.hasOwn(value, part) ? value[part] : undefined;
    } else throw misfit(`nothing is at ${JSON.stringify(part)}`);
  }
  return value;
}

interface Change {
  /** undefined removes. */
  value: Json | undefined;
  /** Lists grow by the value instead of having one replaced. */
  insert?: boolean;
}

function change(document: Json, path: string[], to: Change): Json {
  if (!path.length) return to.value ?? null;
  const [part, ...rest] = path as [string, ...string[]];
  if (Array.isArray(document)) {
    const list = [...document];
    if (to.insert && !rest.length) {
      list.splice(
        part === "-" ? list.length : place(part, list.length),
        0,
        to.value!,
      );
      return list;
    }
    const index = place(part, list.length);
    if (index >= list.length) throw misfit(`index ${part} is out of range`);
    if (rest.length) list[index] = change(list[index]!, rest, to);
    else if (to.value === undefined) list.splice(index, 1);
    else list[index] = to.value;
    return list;
  }
  if (!isObject(document)) {
    throw misfit(
      `${JSON.stringify(part)} is asked of a value that holds nothing`,
    );
  }
  const object: JsonObject = { ...document };
  if (rest.length) {
    if (!Object.hasOwn(document, part)) {
      throw misfit(`there is no ${JSON.stringify(part)} to hold ${rest[0]}`);
    }
    set(object, part, change(document[part]!, rest, to));
  } else if (to.value === undefined) delete object[part];
  else set(object, part, to.value);
  return object;
}

/** Also for keys such as `__proto__`, which plain assignment would not store. */
function set(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
