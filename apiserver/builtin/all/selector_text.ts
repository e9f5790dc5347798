import type { JsonObject } from "../../types.ts";

/** A label selector as text: `app=a,tier in (b,c)`; also the plain map of Services and ReplicationControllers. */
export function selectorText(
  selector: JsonObject | undefined,
): string {
  if (!selector) return "";
  const { matchLabels, matchExpressions } = selector;
  if (matchLabels === undefined && matchExpressions === undefined) {
    return labelsText(selector);
  }
  const terms = [
    ...Object.entries(matchLabels ?? {}).map(([k, v]) => [k, `${k}=${v}`]),
    ...((matchExpressions ?? []) as unknown as Requirement[]).map((r) => [
      r.key,
      requirementText(r),
    ]),
  ] as [string, string][];
  return terms.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
    .map(([, text]) => text).join(",");
}

/** Labels as text, sorted: `app=a,tier=b`. */
export function labelsText(labels: JsonObject | undefined): string {
  return Object.entries(labels ?? {}).map(([k, v]) => `${k}=${v}`).sort()
    .join(",");
}

interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

function requirementText({ key, operator, values = [] }: Requirement): string {
  switch (operator) {
    case "In":
      return `${key} in (${[...values].sort().join(",")})`;
    case "NotIn":
      return `${key} notin (${[...values].sort().join(",")})`;
    case "Exists":
      return key;
    default:
      return `!${key}`;
  }
}
