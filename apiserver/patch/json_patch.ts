import { isObject } from "../is_object.ts";
import { badRequest, StatusError } from "../errors.ts";
import { cloneJson } from "../schema/clone_json.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { jsonKind } from "../schema/go_value.ts";
import type { Json, JsonObject } from "../types.ts";

/** More operations than this are refused, as on kube-apiserver. */
const MAX_OPERATIONS = 10_000;

/** What may be copied in all, as on kube-apiserver: a few dozen copies of the whole fill every memory. */
const MAX_COPIED = 3 << 20;

/**
 * JSON Patch (RFC 6902), with kube-apiserver's leniency: `replace` and `copy` of a missing object key work as with
 * null. Neither document nor patch is changed, and the result shares nothing with either.
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
  let result: Json = cloneJson(document);
  const copies = { left: MAX_COPIED };
  for (const operation of patch) {
    result = applyOne(result, operation as JsonObject, copies);
  }
  if (!isObject(result)) throw misfit("the patch does not leave an object");
  return result;
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

function applyOne(
  document: Json,
  operation: JsonObject,
  copies: { left: number },
): Json {
  const { op } = operation;
  // What is inserted may be changed by the operations behind it, and the patch must not.
  const value = cloneJson(operation.value ?? null);
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
      copies.left -= JSON.stringify(copied).length;
      if (copies.left < 0) {
        throw misfit(`copy: more than ${MAX_COPIED} characters are copied`);
      }
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

/** Changes a document in place: a copy of it for each operation would take minutes where there are thousands. */
function change(document: Json, path: string[], to: Change): Json {
  if (!path.length) return to.value ?? null;
  const last = path[path.length - 1]!;
  const holder = holderOf(document, path);
  if (Array.isArray(holder)) {
    if (to.insert) {
      const at = last === "-" ? holder.length : place(last, holder.length);
      holder.splice(at, 0, to.value!);
      return document;
    }
    const index = placeOfItem(last, holder);
    if (to.value === undefined) holder.splice(index, 1);
    else holder[index] = to.value;
    return document;
  }
  if (!isObject(holder)) throw empty(last);
  if (to.value === undefined) delete holder[last];
  else set(holder, last, to.value);
  return document;
}

/** What holds the last part of a path. */
function holderOf(document: Json, path: string[]): Json {
  let holder = document;
  for (const [i, part] of path.slice(0, -1).entries()) {
    if (Array.isArray(holder)) holder = holder[placeOfItem(part, holder)]!;
    else if (!isObject(holder)) throw empty(part);
    else if (Object.hasOwn(holder, part)) holder = holder[part]!;
    else {
      throw misfit(
        `there is no ${JSON.stringify(part)} to hold ${path[i + 1]}`,
      );
    }
  }
  return holder;
}

function placeOfItem(part: string, list: Json[]): number {
  const index = place(part, list.length);
  if (index >= list.length) throw misfit(`index ${part} is out of range`);
  return index;
}

function empty(part: string): StatusError {
  return misfit(
    `${JSON.stringify(part)} is asked of a value that holds nothing`,
  );
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
