import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  APPLYSET_LABEL,
  HUB_MANAGER,
  ORIGIN_ANNOTATIONS,
} from "../../api/names.ts";
import { objectKey } from "../manifest/manifest.ts";
import type { ResolvedManifest } from "../manifest/resolve_kinds.ts";
import { differences } from "./differences.ts";
import { extraFields, takenOver } from "./managed_fields.ts";

/** Annotation on an object that is to stay when it leaves the repository. */
export const PRUNE_ANNOTATION = "faros.sh/prune";

/** An object as it is on the server. */
export interface LiveObject {
  resource: Resource;
  object: KubeObject;
}

/** An object to create or update. */
export interface Change {
  key: string;
  manifest: ResolvedManifest;
  /** What is to be applied; the commit is still to be added. */
  object: KubeObject;
  live?: KubeObject;
  /** Which fields differ, or why else. Never a value, which may be secret. */
  reasons: string[];
  /** Whether kubectl holds fields that have to be taken over first. */
  takeOver: boolean;
}

/** An object to delete. */
export interface Removal extends LiveObject {
  key: string;
}

/** An object that somebody else keeps. */
export interface Conflict {
  manifest: ResolvedManifest;
  /** The hub, or the id of the apply set that it is in. */
  owner: typeof HUB_MANAGER | string;
}

/** What has to be done for `desired` to be so. */
export interface Plan {
  create: Change[];
  update: Change[];
  delete: Removal[];
  /** As they ought to be: they cost no write. */
  unchanged: Change[];
  conflicts: Conflict[];
}

/** An object that is known to be as it was applied. */
export interface Known {
  /** {@linkcode fingerprint} of what was applied. */
  fingerprint: string;
  /** What the server answered. */
  resourceVersion?: string;
}

/** What {@linkcode plan} goes by. */
export interface PlanInput {
  desired: ResolvedManifest[];
  /** All live objects of the members' and the desired ones' kinds. */
  live: LiveObject[];
  /** Id of the apply set. */
  setId: string;
  /** Ids of sets that others keep: their members are left alone. */
  others?: ReadonlySet<string>;
  /** Whether members that are not desired are deleted. */
  prune: boolean;
  /** Keys of members that stay though they are not in `desired`. */
  keep?: ReadonlySet<string>;
  /**
   * Objects that were applied before, by key. A server may write a value in
   * another way than the manifest (a quantity, a duration); what has not
   * changed since it was applied is as it ought to be.
   */
  known?: ReadonlyMap<string, Known>;
}

/** Compares what ought to be with what is. Pure: no I/O, the same answer always. */
export function plan(input: PlanInput): Plan {
  const live = new Map(
    input.live.map((item) => [objectKey(item.object), item]),
  );
  const result: Plan = {
    create: [],
    update: [],
    delete: [],
    unchanged: [],
    conflicts: [],
  };
  const desired = new Set<string>();
  for (const manifest of input.desired) {
    const key = objectKey(manifest.object);
    desired.add(key);
    const now = live.get(key)?.object;
    const owner = now?.metadata.labels?.[APPLYSET_LABEL];
    if (owner && owner !== input.setId && input.others?.has(owner)) {
      result.conflicts.push({ manifest, owner });
      continue;
    }
    if (now && isHubs(now)) {
      result.conflicts.push({ manifest, owner: HUB_MANAGER });
      continue;
    }
    const change = compare(manifest, {
      live: now,
      setId: input.setId,
      known: input.known?.get(key),
    });
    if (!now) result.create.push(change);
    else if (change.reasons.length) result.update.push(change);
    else result.unchanged.push(change);
  }
  if (!input.prune) return result;
  for (const [key, item] of live) {
    if (desired.has(key) || input.keep?.has(key)) continue;
    if (!isPrunable(item.object, input.setId)) continue;
    result.delete.push({ key, ...item });
  }
  return result;
}

/** Compares one manifest with what is live. Without `reasons` nothing is to be done. */
export function compare(
  manifest: ResolvedManifest,
  options: { live?: KubeObject; setId: string; known?: Known },
): Change {
  const { live, setId, known } = options;
  const object = withLabel(manifest.object, setId);
  const change: Change = {
    key: objectKey(manifest.object),
    manifest,
    object,
    live,
    reasons: [],
    takeOver: false,
  };
  if (!live) {
    change.reasons.push("is not there");
    return change;
  }
  const { resourceVersion } = live.metadata;
  if (
    known && resourceVersion && known.resourceVersion === resourceVersion &&
    known.fingerprint === fingerprint(object)
  ) return change;
  change.reasons.push(
    ...differences(object, live).map((field) => `${field} differs`),
    ...extraFields(object, live).map((field) =>
      `${field} is not in the manifest`
    ),
  );
  change.takeOver = change.reasons.length > 0 && takenOver(live) !== undefined;
  return change;
}

/** Stands for the content of an object that is applied, the commit left out. */
export function fingerprint(object: KubeObject): string {
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(([name]) =>
      !ORIGIN_ANNOTATIONS.includes(name)
    ),
  );
  return JSON.stringify({
    ...object,
    metadata: { ...object.metadata, annotations },
  });
}

function withLabel(object: KubeObject, setId: string): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [APPLYSET_LABEL]: setId },
    },
  };
}

function isPrunable(object: KubeObject, setId: string): boolean {
  const { labels, annotations, deletionTimestamp, ownerReferences } =
    object.metadata;
  return labels?.[APPLYSET_LABEL] === setId && !deletionTimestamp &&
    annotations?.[PRUNE_ANNOTATION] !== "disabled" &&
    // Made by a controller, which copied its owner's labels.
    !ownerReferences?.some((owner) => owner.controller) &&
    !isHubs(object);
}

/**
 * Whether the hub itself keeps an object: a Role of a device, a
 * CustomResourceDefinition. It would never come to rest between the two.
 */
function isHubs({ metadata }: KubeObject): boolean {
  return !!metadata.managedFields?.some((entry) =>
    entry.manager === HUB_MANAGER && entry.operation === "Apply" &&
    !entry.subresource
  );
}
