import { badRequest } from "../errors.ts";
import { compileGoDecode } from "../schema/go_decode.ts";
import type { JsonObject } from "../types.ts";
import { isTrue } from "./info.ts";

/** Kubernetes DeleteOptions, from body and query. */
export interface DeleteOptions {
  propagationPolicy?: "Foreground" | "Background" | "Orphan";
  uid?: string;
  resourceVersion?: string;
  dryRun: boolean;
}

/**
 * Reads DeleteOptions; the query fills in where there is no body.
 *
 * @throws 400 where they don't fit each other.
 */
export function deleteOptions(
  query: URLSearchParams,
  body: JsonObject | undefined,
): DeleteOptions {
  if (body) checkBody(body);
  const policy = body?.propagationPolicy ?? query.get("propagationPolicy") ??
    undefined;
  const orphan = body?.orphanDependents ??
    (query.has("orphanDependents")
      ? isTrue(query.get("orphanDependents"))
      : undefined);
  if (policy !== undefined && orphan !== undefined && orphan !== null) {
    throw badRequest(
      "DeleteOptions.meta.k8s.io is invalid: propagationPolicy: Invalid value: orphanDependents and deletionPropagation cannot be both set",
    );
  }
  if (
    policy && !["Foreground", "Background", "Orphan"].includes(String(policy))
  ) {
    throw badRequest(
      `DeleteOptions.meta.k8s.io is invalid: propagationPolicy: Unsupported value: "${policy}": supported values: "Background", "Foreground", "Orphan"`,
    );
  }
  const preconditions = body?.preconditions as JsonObject | undefined;
  const dryRun = body?.dryRun ?? query.getAll("dryRun");
  return {
    propagationPolicy: policy
      ? policy as DeleteOptions["propagationPolicy"]
      : orphan === true
      ? "Orphan"
      : orphan === false
      ? "Background"
      : undefined,
    uid: preconditions?.uid as string | undefined,
    resourceVersion: preconditions?.resourceVersion as string | undefined,
    dryRun: Array.isArray(dryRun) && dryRun.includes("All"),
  };
}

const decode = compileGoDecode({
  type: "object",
  properties: {
    kind: { type: "string" },
    apiVersion: { type: "string" },
    dryRun: { type: "array", items: { type: "string" } },
    gracePeriodSeconds: { type: "integer", format: "int64" },
    orphanDependents: { type: "boolean" },
    preconditions: {
      type: "object",
      properties: {
        resourceVersion: { type: "string" },
        uid: { type: "string" },
      },
    },
    propagationPolicy: { type: "string" },
  },
}, { kind: "DeleteOptions" });

function checkBody(body: JsonObject) {
  const wrong = decode(body);
  if (wrong !== undefined) {
    throw badRequest(
      `DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ${wrong}`,
    );
  }
  if (body.kind && body.kind !== "DeleteOptions") {
    throw badRequest(
      `decoded object cannot be converted to DeleteOptions: it is a ${body.kind}`,
    );
  }
}
