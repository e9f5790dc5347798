import { ConfigMap } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import { kinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";
import {
  isForbidden,
  isNotFound,
  type WorkspaceAccess,
} from "../../kube/mod.ts";
import { type ApplySet, groupKind, groupKindsOf } from "../plan/apply_set.ts";
import type { LiveObject } from "../plan/plan.ts";
import { forEachLimited } from "./for_each_limited.ts";

/** What there is of an apply set. */
export interface LiveState {
  parent?: KubeObject;
  /** All members, and all other objects of the desired ones' kinds. */
  live: LiveObject[];
}

/**
 * Reads what there is of an apply set: whole, or it throws, since what is
 * missing in it may be pruned or made anew.
 */
export async function readLive(
  set: ApplySet,
  options: {
    access: WorkspaceAccess;
    /** Of the desired objects. */
    resources: Iterable<Resource>;
    /** Whether a kind that may not be read has no objects then. @default none has */
    mayBeGone?: (kind: Resource) => Promise<boolean>;
    signal?: AbortSignal;
  },
): Promise<LiveState> {
  const { access, signal } = options;
  const { client, namespace } = access;
  const parent = await client.tryGet(ConfigMap, set.parent, {
    namespace: set.namespace,
    signal,
  });
  // By kind without version: two versions show the same objects.
  const wanted = new Map<string, { resource: Resource; selector?: string }>();
  for (const resource of options.resources) {
    wanted.set(groupKind(resource), { resource });
  }
  for (const name of groupKindsOf(parent)) {
    if (wanted.has(name)) continue;
    const resource = await resourceOf(name, options);
    // A kind that is served no longer has no objects.
    if (!resource) continue;
    wanted.set(name, { resource, selector: `${APPLYSET_LABEL}=${set.id}` });
  }
  const live: LiveObject[] = [];
  await forEachLimited([...wanted.values()], 4, async (item) => {
    const { resource, selector } = item;
    try {
      const list = await client.listAll(resource, {
        namespace: resource.namespaced ? namespace : undefined,
        labelSelector: selector,
        signal,
      });
      for (const object of list.items) live.push({ resource, object });
    } catch (error) {
      if (selector && isNotFound(error)) return;
      if (
        selector && isForbidden(error) && await options.mayBeGone?.(resource)
      ) return;
      throw error;
    }
  });
  return { parent, live };
}

/** The resource that serves a kind in the version that its group prefers. */
async function resourceOf(
  name: string,
  options: { access: WorkspaceAccess; signal?: AbortSignal },
): Promise<Resource | undefined> {
  const { access: { client }, signal } = options;
  const own = kinds.find((kind) => groupKind(kind) === name);
  if (own) return own;
  const dot = name.indexOf(".");
  const kind = dot < 0 ? name : name.slice(0, dot);
  const group = dot < 0 ? "" : name.slice(dot + 1);
  if (!group) return await client.discover("v1", kind, { signal });
  try {
    const answer = await client.rest.performRequest({
      method: "GET",
      path: `/apis/${encodeURIComponent(group)}`,
      expectJson: true,
      abortSignal: signal,
    }) as { versions?: { groupVersion: string }[] };
    // The preferred version stands first.
    for (const { groupVersion } of answer.versions ?? []) {
      const found = await client.discover(groupVersion, kind, { signal });
      if (found) return found;
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
