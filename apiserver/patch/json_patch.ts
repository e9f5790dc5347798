import { badRequest, StatusError } from "../errors.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import type { Json, JsonObject } from "../types.ts";

/** More operations than this are refused, as on kube-apiserver. */
const MAX_OPERATIONS = 10_000;

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: Json;
}

/**
 * JSON Patch (RFC 6902). The document is not changed; parts that stay are shared with the result.
 *
 * @throws {StatusError} 400 for a malformed patch, 422 for one that does not fit the document.
 */
export function jsonPatch(document: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch)) {
    throw badRequest(
      "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
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
    result = applyOne(result, operation as unknown as Operation);
  }
  if (!result || typeof result !== "object" || Array.isArray(result)) {
    throw unprocessable("jsonpatch result is not an object");
  }
  return result;
}

function unprocessable(text: string): StatusError {
  return new StatusError(
    422,
    "Invalid",
    `the server rejected our request due to an error in our request: ${text}`,
  );
}

function missing(
  op: string,
  path: string,
  text = "missing value",
): StatusError {
  return unprocessable(
    `${op} operation does not apply: doc is missing path: "${path}": ${text}`,
  );
}

function pointer(path: string): string[] {
  if (path === "") return [];
  return path.split("/").slice(1).map((part) =>
    part.replace(/~1/g, "/").replace(/~0/g, "~")
  );
}

function applyOne(document: Json, operation: Operation): Json {
  const { op, path } = operation ?? {};
  if (typeof op !== "string") throw unprocessable("Unexpected kind: unknown");
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) {
    throw unprocessable(
      `${op} operation does not apply: doc is missing path: "${
        path ?? ""
      }": missing value`,
    );
  }
  const parts = pointer(path);
  switch (op) {
    case "add":
      return change(document, parts, {
        op,
        path,
        value: required(operation),
        insert: true,
      });
    case "replace":
      if (get(document, parts) === undefined) {
        throw missing(op, path, "missing key");
      }
      return change(document, parts, { op, path, value: required(operation) });
    case "remove":
      if (get(document, parts) === undefined) {
        throw unprocessable(
          `remove operation does not apply: doc is missing path: "${path}": missing value`,
        );
      }
      return change(document, parts, { op, path, value: undefined });
    case "test": {
      const found = get(document, parts);
      const wanted = operation.value ?? null;
      if (found === undefined && operation.value !== undefined) {
        throw unprocessable(
          `testing value ${path} failed: test failed`,
        );
      }
      if (!deepEqual(found ?? null, wanted)) {
        throw unprocessable(`testing value ${path} failed: test failed`);
      }
      return document;
    }
    case "move":
    case "copy": {
      const from = operation.from ?? "";
      const value = get(document, pointer(from));
      if (value === undefined) throw missing(op, from);
      if (op === "move" && (path === from || path.startsWith(`${from}/`))) {
        if (path === from) return document;
        throw missing(op, path);
      }
      const rest = op === "move"
        ? change(document, pointer(from), { op, path: from, value: undefined })
        : document;
      return change(rest, parts, {
        op,
        path,
        value: structuredClone(value),
        insert: true,
      });
    }
  }
  throw unprocessable(`Unexpected kind: ${op}`);
}

function required(operation: Operation): Json {
  return operation.value === undefined ? null : operation.value;
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function get(document: Json, parts: string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const part of parts) {
    if (Array.isArray(value)) {
      value = /^(0|[1-9]\d*)$/.test(part) ? value[Number(part)] : undefined;
    } else if (value && typeof value === "object") value = own(value, part);
    else return undefined;
  }
  return value;
}

interface Change {
  op: string;
  path: string;
  /** undefined removes. */
  value: Json | undefined;
  /** Lists grow by the value instead of having one replaced. */
  insert?: boolean;
}

function change(document: Json, parts: string[], to: Change): Json {
  if (!parts.length) {
    if (to.value === undefined) return null;
    return to.value;
  }
  const [part, ...rest] = parts as [string, ...string[]];
  if (Array.isArray(document)) {
    const list = [...document];
    const last = !rest.length;
    if (part === "-" && last && to.insert) {
      list.push(to.value!);
      return list;
    }
    if (!/^(0|[1-9]\d*)$/.test(part)) throw missing(to.op, to.path);
    const index = Number(part);
    if (last && to.insert) {
      if (index > list.length) {
        throw unprocessable(
          `${to.op} operation does not apply: doc is missing path: "${to.path}": Unable to access invalid index: ${part}: invalid index referenced`,
        );
      }
      list.splice(index, 0, to.value!);
      return list;
    }
    if (index >= list.length) throw missing(to.op, to.path);
    if (!last) list[index] = change(list[index]!, rest, to);
    else if (to.value === undefined) list.splice(index, 1);
    else list[index] = to.value;
    return list;
  }
  if (!document || typeof document !== "object") {
    throw missing(to.op, to.path);
  }
  const object: JsonObject = { ...document };
  if (rest.length) {
    const sub = own(document, part);
    if (sub === undefined) throw missing(to.op, to.path);
    set(object, part, change(sub, rest, to));
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
