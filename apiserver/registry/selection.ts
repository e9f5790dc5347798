import { badRequest } from "../errors.ts";
import type { FieldTerm } from "../request/field_selector.ts";
import type { ListOptions } from "../request/list_options.ts";
import type { Entry } from "../storage/entry.ts";
import type { KubeObject } from "../types.ts";
import { toServed } from "./present.ts";
import type { ResourceRequest } from "./registry.ts";
import type { Served } from "./resources.ts";

/** Which objects a list or watch is about. */
export interface Selection {
  /** Undefined for all namespaces. */
  namespace?: string;
  /** One object, where the request says so. */
  name?: string;
  /** Undefined where everything matches. */
  matches?: (entry: Entry) => boolean;
}

/**
 * Reads the selection of a list, watch or deletecollection.
 *
 * @throws 400 for a field that the resource can't be selected by.
 */
export function selectionOf(
  { served, info }: ResourceRequest,
  { labels, fields }: Pick<ListOptions, "labels" | "fields">,
): Selection {
  const selection: Selection = {};
  if (!served.definition.namespaced) selection.namespace = "";
  else if (info.namespace) selection.namespace = info.namespace;
  const rest: FieldTerm[] = [];
  for (const term of fields) {
    const pinned = !term.not && term.value !== "";
    if (term.field === "metadata.name" && pinned && !selection.name) {
      selection.name = term.value;
    } else if (
      term.field === "metadata.namespace" && pinned &&
      selection.namespace === undefined
    ) selection.namespace = term.value;
    else rest.push(term);
  }
  if (info.name && fields.every((f) => f.field !== "metadata.name")) {
    selection.name = info.name;
  }
  checkFields(served, rest);
  const { name } = selection;
  if (name === undefined && !labels && rest.length === 0) return selection;
  selection.matches = (entry) => {
    if (name !== undefined && entry.name !== name) return false;
    if (labels && !labels(entry.labels)) return false;
    return rest.length === 0 ||
      matchesFields(served, toServed(served, entry.peek()), rest);
  };
  return selection;
}

const skeleton: KubeObject = {
  apiVersion: "",
  kind: "",
  metadata: { name: "", uid: "", resourceVersion: "", creationTimestamp: "" },
  spec: {},
  status: {},
};

function checkFields(served: Served, terms: FieldTerm[]) {
  if (terms.length === 0) return;
  const { definition } = served;
  const known = new Set([
    "metadata.name",
    ...(definition.namespaced || !definition.custom
      ? ["metadata.namespace"]
      : []),
    ...(definition.selectableFields ?? []).map((f) => f.replace(/^\./, "")),
    ...Object.keys(definition.strategy?.fields?.(skeleton) ?? {}),
  ]);
  const unknown = terms.find((term) => !known.has(term.field));
  if (unknown) {
    throw badRequest(
      definition.custom || definition.strategy?.fields
        ? `field label not supported: ${unknown.field}`
        : `"${unknown.field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
}

function matchesFields(
  { definition }: Served,
  object: KubeObject,
  terms: FieldTerm[],
): boolean {
  const fields = definition.strategy?.fields?.(object) ?? {};
  return terms.every(({ field, not, value }) => {
    const found = fields[field] ?? valueAt(object, field);
    return (found === value) !== not;
  });
}

function valueAt(object: KubeObject, path: string): string {
  let at: unknown = object;
  for (const part of path.split(".")) {
    if (!at || typeof at !== "object") return "";
    at = (at as Record<string, unknown>)[part];
  }
  return at === undefined || at === null ? "" : String(at);
}
