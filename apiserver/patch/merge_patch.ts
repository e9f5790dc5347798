import { badRequest } from "../errors.ts";
import { setField } from "../schema/clone_json.ts";
import { jsonKind } from "../schema/go_value.ts";
import type { Json, JsonObject } from "../types.ts";

/**
 * JSON Merge Patch (RFC 7386): null removes. The document is not changed; parts that stay are shared with the result.
 *
 * @throws {StatusError} 400 where the patch is not an object.
 */
export function mergePatch(document: JsonObject, patch: Json): JsonObject {
  if (!patch || typeof patch !== "object" || Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${
        jsonKind(patch)
      } into Go value of type map[string]interface {}`,
    );
  }
  return merge(document, patch) as JsonObject;
}

function merge(target: Json | undefined, patch: Json): Json {
  if (!patch || typeof patch !== "object" || Array.isArray(patch)) {
    return patch;
  }
  const base = target && typeof target === "object" && !Array.isArray(target)
    ? target
    : {};
  const out: JsonObject = { ...base };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete out[key];
    else if (value !== undefined) {
      const before = Object.hasOwn(base, key) ? base[key] : undefined;
      setField(out, key, merge(before, value));
    }
  }
  return out;
}
