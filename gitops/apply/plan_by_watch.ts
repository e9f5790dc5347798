import { ConfigMap } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";
import type { WorkspaceAccess } from "../../kube/mod.ts";
import { objectKey } from "../manifest/manifest.ts";
import type { ResolvedManifest } from "../manifest/resolve_kinds.ts";
import { type ApplySet, groupKind, groupKindsOf } from "../plan/apply_set.ts";
import {
  compareKnown,
  type Known,
  type LiveObject,
  type Plan,
  plan,
} from "../plan/plan.ts";
import { forEachLimited } from "./for_each_limited.ts";
import { freeSets } from "./free_sets.ts";

/** What a watch shows of the members of apply sets, without their content; nothing where it does not tell. */
export type Watched = (
  resource: Resource,
  namespace?: string,
) => readonly KubeObject[] | undefined;

/** What there is to do, and what there was of the set. */
export interface PlannedSet {
  parent?: KubeObject;
  steps: Plan;
  /** Members that were live before, without their content. */
  members: LiveObject[];
}

/** Objects that are read one by one; where there are more, a list costs less. */
const MOST = 100;

/**
 * Plans without reading a whole set: by what was applied last, and what a
 * watch shows of it. A commit that changes one of 10,000 objects costs two
 * requests then.
 *
 * A watch may lag behind. So this never deletes, and where anything has left
 * the manifests, or the set may hold what no watch shows, it leaves the plan to
 * a whole read. What somebody else has just changed comes to the drift
 * corrector with the next event.
 *
 * @returns nothing where the set has to be read
 */
export async function planByWatch(
  desired: readonly ResolvedManifest[],
  options: {
    set: ApplySet;
    access: WorkspaceAccess;
    watched: Watched;
    known: ReadonlyMap<string, Known & { manifest: ResolvedManifest }>;
    /** Keys of members that stay though they are not in the manifests. */
    keep?: ReadonlySet<string>;
    others?: ReadonlyMap<string, string>;
    signal?: AbortSignal;
  },
): Promise<PlannedSet | undefined> {
  const { set, access, watched, known, keep, signal } = options;
  const { client, namespace } = access;
  const kinds = new Set<Resource>();
  const wanted = new Set<string>();
  for (const manifest of desired) {
    kinds.add(manifest.resource);
    wanted.add(objectKey(manifest.object));
  }
  for (const [key, { manifest }] of known) {
    if (!wanted.has(key)) return undefined;
    kinds.add(manifest.resource);
  }
  const members: LiveObject[] = [];
  const shown = new Map<string, KubeObject>();
  for (const resource of kinds) {
    const objects = watched(
      resource,
      resource.namespaced ? namespace : undefined,
    );
    if (!objects) return undefined;
    for (const object of objects) {
      if (object.metadata.labels?.[APPLYSET_LABEL] !== set.id) continue;
      const key = objectKey(object);
      if (!wanted.has(key) && !keep?.has(key)) return undefined;
      members.push({ resource, object });
      shown.set(key, object);
    }
  }
  const steps: Plan = {
    create: [],
    update: [],
    delete: [],
    unchanged: [],
    conflicts: [],
  };
  const unknown: ResolvedManifest[] = [];
  for (const manifest of desired) {
    const key = objectKey(manifest.object);
    const change = compareKnown(manifest, {
      live: shown.get(key),
      known: known.get(key),
      setId: set.id,
    });
    if (!change) unknown.push(manifest);
    else if (change.reasons.length) steps.update.push(change);
    else steps.unchanged.push(change);
  }
  if (unknown.length > MOST) return undefined;
  const parent = await client.tryGet(ConfigMap, set.parent, {
    namespace: set.namespace,
    signal,
  });
  const watchedKinds = new Set([...kinds].map(groupKind));
  const isWhole = parent &&
    groupKindsOf(parent).every((kind) => watchedKinds.has(kind));
  if (!isWhole) return undefined;
  const live: LiveObject[] = [];
  await forEachLimited(unknown, 8, async ({ resource, object }) => {
    const found = await client.tryGet(resource, object.metadata.name, {
      namespace: object.metadata.namespace,
      signal,
    });
    if (found) live.push({ resource, object: found });
  });
  const rest = plan({
    desired: unknown,
    live,
    setId: set.id,
    prune: false,
    others: options.others,
    free: await freeSets(live, options),
    known,
  });
  return {
    parent,
    members,
    steps: {
      create: rest.create,
      update: [...steps.update, ...rest.update],
      delete: [],
      unchanged: [...steps.unchanged, ...rest.unchanged],
      conflicts: rest.conflicts,
    },
  };
}
