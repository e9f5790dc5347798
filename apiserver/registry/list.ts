import {
  badRequest,
  expired,
  type StatusError,
  tooLargeResourceVersion,
} from "../errors.ts";
import type { ListOptions } from "../request/list_options.ts";
import type { Entry } from "../storage/entry.ts";
import type { JsonObject } from "../types.ts";
import type { Registry, ResourceRequest } from "./registry.ts";
import { selectionOf } from "./selection.ts";

/** Entries that a list answers with, and its metadata. */
export interface List {
  entries: Entry[];
  metadata: JsonObject;
}

/** Where the next chunk of a list starts. */
interface Continue {
  /** resourceVersion of the first chunk; -1 carries on with whatever is current. */
  rv: number;
  /** Key of the last object of the chunk before. */
  after: string;
}

function encode(token: Continue): string {
  return btoa(
    String.fromCharCode(...new TextEncoder().encode(JSON.stringify(token))),
  ).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(token: string): Continue {
  try {
    const bytes = Uint8Array.from(
      atob(token.replaceAll("-", "+").replaceAll("_", "/")),
      (c) => c.charCodeAt(0),
    );
    const { rv, after } = JSON.parse(new TextDecoder().decode(bytes));
    if (Number.isSafeInteger(rv) && rv >= -1 && typeof after === "string") {
      return { rv, after };
    }
  } catch { /* reported below */ }
  const wrong = token.search(/[^-\w]/);
  const at = wrong < 0 ? token.length - token.length % 4 : wrong;
  throw badRequest(
    `invalid continue token: continue key is not valid: illegal base64 data at input byte ${at}`,
  );
}

function keyOf(entry: Entry): string {
  return `${entry.namespace}/${entry.name}`;
}

/**
 * Lists the objects of a resource.
 *
 * @throws 410 Expired for a state that is compacted, 504 for one that is yet to come.
 */
export function list(
  registry: Registry,
  request: ResourceRequest,
  options: ListOptions,
): List {
  const { store } = registry;
  const selection = selectionOf(request, options);
  const key = { ...request.served.storage, namespace: selection.namespace };
  const current = store.resourceVersion;
  const start = options.continue ? decode(options.continue) : undefined;
  if (start && options.resourceVersion) {
    throw badRequest(
      "specifying resource version is not allowed when using continue",
    );
  }
  if ((options.resourceVersion ?? 0) > current) {
    throw tooLargeResourceVersion(options.resourceVersion!, current);
  }

  const limit = isWhole(request, options) ? 0 : options.limit;
  let at = current;
  if (start && start.rv >= 0) at = start.rv;
  else if (options.resourceVersionMatch === "Exact") {
    at = options.resourceVersion!;
  } else if (
    limit > 0 && options.resourceVersion &&
    !options.resourceVersionMatch
  ) at = options.resourceVersion;

  // Only a token that this server never gave out says so.
  if (at > current) throw tooLargeResourceVersion(at, current);
  let entries: Entry[];
  const pinned = selection.name !== undefined &&
    selection.namespace !== undefined && at === current;
  if (pinned) {
    const entry = store.get({ ...key, name: selection.name! });
    entries = entry ? [entry] : [];
  } else {
    if (start && at < store.compacted) {
      throw expiredContinue(encode({ rv: -1, after: start.after }));
    }
    entries = store.entriesAt(key, at);
  }
  if (start) entries = after(entries, start.after);
  const { matches } = selection;
  if (matches) entries = entries.filter(matches);

  const metadata: JsonObject = { resourceVersion: String(at) };
  if (limit > 0 && entries.length > limit) {
    const rest = entries.length - limit;
    entries = entries.slice(0, limit);
    metadata.continue = encode({
      rv: start?.rv === -1 ? -1 : at,
      after: keyOf(entries[entries.length - 1]!),
    });
    if (!matches) metadata.remainingItemCount = rest;
  }
  return { entries, metadata };
}

/**
 * Whether any state will do: kube-apiserver then answers from its cache, whole, whatever the limit. Of Events alone it
 * keeps no cache.
 */
function isWhole(
  { served: { storage } }: ResourceRequest,
  { resourceVersion }: ListOptions,
): boolean {
  return resourceVersion === 0 &&
    !(storage.group === "" && storage.resource === "events");
}

function after(entries: Entry[], key: string): Entry[] {
  const index = entries.findIndex((entry) => keyOf(entry) > key);
  return index < 0 ? [] : entries.slice(index);
}

function expiredContinue(token: string): StatusError {
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  const toStatus = error.toStatus.bind(error);
  error.toStatus = () => ({ ...toStatus(), metadata: { continue: token } });
  return error;
}
