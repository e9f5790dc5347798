import type { RequestInfo } from "../types.ts";
import { fieldSelector } from "./field_selector.ts";
import type { RequestUrl } from "./url.ts";

const VERBS: Record<string, string> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Whether a query value means yes, as kube-apiserver reads it: all but `0` and `false` do. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

/**
 * Reads off method and URL what a request wants, with the rules of kube-apiserver's `RequestInfoFactory`.
 *
 * @throws URIError where the path is not valid percent-encoding.
 */
export function requestInfo(method: string, url: RequestUrl): RequestInfo {
  const path = url.pathname.includes("%")
    ? decodeURIComponent(url.pathname)
    : url.pathname;
  const info: RequestInfo = {
    isResource: false,
    path,
    verb: method.toLowerCase(),
    group: "",
    version: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
  };
  let parts = path.slice(1).split("/");
  if (parts.includes("")) parts = withoutOuterEmpty(parts);
  /** Where in `parts` goes on what is not read yet. */
  let at: number;
  if (parts[0] === "api" && parts.length >= 3) {
    info.version = parts[1]!;
    at = 2;
  } else if (parts[0] === "apis" && parts.length >= 4) {
    info.group = parts[1]!;
    info.version = parts[2]!;
    at = 3;
  } else return info;

  info.isResource = true;
  info.verb = Object.hasOwn(VERBS, method) ? VERBS[method]! : "";
  if (parts[at] === "watch" && parts.length > at + 1) {
    // The form before `?watch=1`; deprecated, still served.
    at++;
    info.verb = "watch";
  }
  if (parts[at] === "namespaces" && parts.length > at + 1) {
    info.namespace = parts[at + 1]!;
    const after = parts[at + 2];
    const subresource = after === "status" || after === "finalize";
    if (after !== undefined && !subresource) at += 2;
  }
  info.resource = parts[at] ?? "";
  info.name = parts[at + 1] ?? "";
  info.subresource = parts[at + 2] ?? "";

  if (info.name === "" && info.verb === "get") {
    info.verb = isTrueParameter(url, "watch") ? "watch" : "list";
  }
  if (info.name === "" && info.verb === "delete") {
    info.verb = "deletecollection";
  }
  if (info.verb === "list" || info.verb === "watch") {
    // One object by its name: so that RBAC's resourceNames can allow it.
    info.name ||= selectedName(url);
  }
  return info;
}

/**
 * Without what slashes at either end leave. Those within stay, as in kube-apiserver: an empty namespace means all of
 * them, which is what clients send that were given none.
 */
function withoutOuterEmpty(parts: string[]): string[] {
  let first = 0;
  let end = parts.length;
  while (first < end && parts[first] === "") first++;
  while (end > first && parts[end - 1] === "") end--;
  return parts.slice(first, end);
}

/** The name that a field selector pins; read by the selector's own parser, so that both mean the same object. */
function selectedName(url: RequestUrl): string {
  try {
    return fieldSelector(url.searchParams.get("fieldSelector"))
      .find(({ field, not }) => field === "metadata.name" && !not)?.value ?? "";
  } catch {
    // Refused with 400 where the selector is used.
    return "";
  }
}

function isTrueParameter(url: RequestUrl, name: string): boolean {
  return url.searchParams.has(name) && isTrue(url.searchParams.get(name));
}
