import { badRequest, invalid } from "../errors.ts";
import { invalidValue, notSupported } from "../schema/field_error.ts";
import { compileGoDecode } from "../schema/go_decode.ts";
import type { FieldError, Json, JsonObject } from "../types.ts";
import { isTrue } from "./info.ts";

/** Kubernetes DeleteOptions, from body and query. */
export interface DeleteOptions {
  propagationPolicy?: "Foreground" | "Background" | "Orphan";
  uid?: string;
  resourceVersion?: string;
  dryRun: boolean;
  /** Whether `orphanDependents: false`, its older form, asked for the dependents to go as well. */
  cascades?: boolean;
}

const POLICIES = ["Foreground", "Background", "Orphan"];

const NO_QUERY = new URLSearchParams();

/**
 * Reads DeleteOptions, from the body where there is one: the query says nothing then, as in kube-apiserver.
 *
 * @throws 400 where they cannot be read, 422 where they say what is not known or do not fit each other.
 */
export function deleteOptions(
  query: URLSearchParams,
  body: JsonObject | undefined,
): DeleteOptions {
  if (body) {
    checkBody(body);
    query = NO_QUERY;
  }
  const policy = body?.propagationPolicy ?? query.get("propagationPolicy") ??
    undefined;
  const orphan = body?.orphanDependents ??
    (query.has("orphanDependents")
      ? isTrue(query.get("orphanDependents"))
      : undefined);
  const grace = query.get("gracePeriodSeconds");
  if (grace && !/^[-+]?\d+$/.test(grace)) {
    throw badRequest(
      `strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`,
    );
  }
  const preconditions = body?.preconditions as JsonObject | undefined;
  const dryRun = body?.dryRun ?? query.getAll("dryRun");
  const problems = problemsOf({ policy, orphan, dryRun });
  if (problems.length > 0) {
    const kind = { group: "meta.k8s.io", kind: "DeleteOptions" };
    throw invalid(kind, "", problems);
  }
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
    cascades: orphan === false,
  };
}

function problemsOf(
  { policy, orphan, dryRun }: {
    policy?: Json;
    orphan?: Json;
    dryRun: Json;
  },
): FieldError[] {
  const problems: FieldError[] = [];
  if (policy && typeof orphan === "boolean") {
    const why = "orphanDependents and deletionPropagation cannot be both set";
    problems.push(invalidValue("propagationPolicy", policy, why));
  }
  if (policy && !POLICIES.includes(String(policy))) {
    const known = [...POLICIES, "nil"];
    problems.push(notSupported("propagationPolicy", policy, known));
  }
  const asked = Array.isArray(dryRun) ? dryRun : [];
  if (asked.some((value) => value !== "" && value !== "All")) {
    problems.push(notSupported("dryRun", asked, ["All"]));
  }
  return problems;
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
