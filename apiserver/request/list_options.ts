import { badRequest, invalid } from "../errors.ts";
import { isTrue } from "./info.ts";
import type { FieldTerm } from "./field_selector.ts";
import { fieldSelector } from "./field_selector.ts";
import type { Matcher } from "./label_selector.ts";
import { labelSelector } from "./label_selector.ts";

/** Kubernetes ListOptions, read from a query. */
export interface ListOptions {
  labels?: Matcher;
  fields: FieldTerm[];
  limit: number;
  continue?: string;
  /** Undefined where not given or empty. */
  resourceVersion?: number;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
  allowWatchBookmarks: boolean;
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^-?\d+$/.test(text)) {
    throw badRequest(
      `strconv.ParseInt: parsing "${text}": invalid syntax`,
    );
  }
  return Number(text);
}

/**
 * The value of the parameter `resourceVersion`; undefined where it is not given or empty.
 *
 * @throws 400 where it is no version.
 */
export function readResourceVersion(text: string | null): number | undefined {
  if (!text) return undefined;
  const digits = /^\d+$/.test(text);
  if (digits && (text.length < 20 || BigInt(text) < 2n ** 64n)) {
    return Number(text);
  }
  const why = digits ? "value out of range" : "invalid syntax";
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": ${why}`,
  );
}

/**
 * Reads ListOptions, and checks that they fit each other.
 *
 * @throws 400 or 422 where they don't.
 */
export function listOptions(
  query: URLSearchParams,
  watch: boolean,
): ListOptions {
  const text = query.get("resourceVersion");
  const resourceVersion = readResourceVersion(text);
  const options: ListOptions = {
    labels: labelSelector(query.get("labelSelector")),
    fields: fieldSelector(query.get("fieldSelector")),
    limit: Math.max(0, integer(query, "limit") ?? 0),
    continue: query.get("continue") || undefined,
    resourceVersion,
    allowWatchBookmarks: query.has("allowWatchBookmarks") &&
      isTrue(query.get("allowWatchBookmarks")),
    timeoutSeconds: integer(query, "timeoutSeconds"),
  };
  const match = query.get("resourceVersionMatch");
  if (query.has("sendInitialEvents")) {
    options.sendInitialEvents = isTrue(query.get("sendInitialEvents"));
  }
  if (options.sendInitialEvents !== undefined) {
    if (!watch) {
      throw problem(
        "sendInitialEvents",
        "FieldValueForbidden",
        "sendInitialEvents is forbidden for list",
      );
    }
    if (match !== "NotOlderThan") {
      throw problem(
        "resourceVersionMatch",
        "FieldValueForbidden",
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
      );
    }
  } else if (match) {
    checkMatch(match, watch, options, text);
  }
  if (match) {
    options.resourceVersionMatch = match as ListOptions["resourceVersionMatch"];
  }
  return options;
}

function checkMatch(
  match: string,
  watch: boolean,
  options: ListOptions,
  resourceVersion: string | null,
) {
  const refuse = (why: string) =>
    problem("resourceVersionMatch", "FieldValueForbidden", why);
  if (watch) {
    throw refuse(
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    );
  }
  if (!resourceVersion) {
    throw refuse(
      "resourceVersionMatch is forbidden unless resourceVersion is provided",
    );
  }
  if (options.continue) {
    throw refuse(
      "resourceVersionMatch is forbidden when continue is provided",
    );
  }
  if (match !== "Exact" && match !== "NotOlderThan") {
    throw problem("resourceVersionMatch", "FieldValueNotSupported", match);
  }
  if (match === "Exact" && resourceVersion === "0") {
    throw refuse(
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    );
  }
}

function problem(field: string, reason: string, what: string) {
  const words: Record<string, string> = {
    FieldValueForbidden: `Forbidden: ${what}`,
    FieldValueNotSupported:
      `Unsupported value: "${what}": supported values: "Exact", "NotOlderThan", ""`,
  };
  return invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [
    { reason, field, message: words[reason]! },
  ]);
}
