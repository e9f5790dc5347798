import { isObject } from "../../apiserver/is_object.ts";
import { canonicalJson } from "../../apiserver/schema/mod.ts";
import type { Json, JsonObject } from "../../apiserver/types.ts";

/**
 * An answer without what differs from server to server.
 *
 * @param roundOf tells in which round a time lies
 */
export function comparable(
  answer: JsonObject,
  roundOf: (time: string) => number,
): string {
  if (answer.kind === "Status") return comparableStatus(answer);
  const {
    uid: _,
    resourceVersion: __,
    creationTimestamp: ___,
    deletionTimestamp,
    managedFields = [],
    ...metadata
  } = answer.metadata as JsonObject;
  const managed = (managedFields as JsonObject[]).map((entry) => ({
    ...entry,
    time: entry.time ? roundOf(entry.time as string) : "never",
  }));
  const whole: JsonObject = {
    ...answer,
    metadata: {
      ...metadata,
      deleted: deletionTimestamp !== undefined,
      managedFields: managed,
    },
  };
  return canonicalJson(
    answer.kind === "Deployment" ? withoutGo(whole) : whole,
  );
}

function comparableStatus(answer: JsonObject): string {
  if (answer.status === "Success") return "Success";
  const { code, reason, message, details } = answer;
  const causes = ((details as JsonObject)?.causes ?? []) as JsonObject[];
  return canonicalJson({
    // It blames itself for patches that a schema cannot take.
    code: code === 500 ? 400 : code,
    reason,
    // kube-apiserver walks maps in random order.
    message: (message as string).split(/[\n,[\]]+/).map((s) => s.trim())
      .filter(Boolean).sort(),
    causes: [...new Set(causes.map(canonicalJson))].sort(),
  });
}

/** A Deployment as it is without what Go adds by itself. */
function withoutGo(deployment: JsonObject): JsonObject {
  const { status: _, metadata, ...rest } = deployment;
  // Kubernetes counts changes of annotations, too.
  const { generation: __, ...own } = metadata as JsonObject;
  return { ...rest, metadata: own };
}

/** kube-apiserver makes maps null that lose their last key to an apply, and then refuses them. */
export function isNullBug(theirs: JsonObject, ours: JsonObject): boolean {
  return /Invalid value: "null"|: null value/.test(
    String(theirs.message ?? ""),
  ) || hasNullFor(theirs, ours);
}

function hasNullFor(theirs: Json | undefined, ours: Json | undefined): boolean {
  if (theirs === null) return isObject(ours);
  if (!isObject(theirs) || !isObject(ours)) return false;
  return Object.keys(theirs).some((key) => hasNullFor(theirs[key], ours[key]));
}
