import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  APPLYSET_LABEL,
  DELETE_AFTER_ANNOTATION,
  ORIGIN_ANNOTATIONS,
} from "../../api/names.ts";
import { objectKey } from "../manifest/manifest.ts";
import type { ResolvedManifest } from "../manifest/resolve_kinds.ts";
import { contentHash } from "./content_hash.ts";
import { differences } from "./differences.ts";
import {
  CORRECT,
  driftFields,
  driftOf,
  type DriftPolicy,
  keepsApplied,
  type ObjectDrift,
} from "./drift_policy.ts";
import {
  type Pointer,
  releaseFields,
  withoutFields,
} from "./field_pointers.ts";
import { extraFields, takenOver } from "./managed_fields.ts";
import {
  adopts,
  isHubs,
  ofOtherEngine,
  type Owner,
  ownerOf,
} from "./ownership.ts";
import { isSuspended } from "./tombstone.ts";

/** Annotation on an object that is to stay when it leaves the repository. */
export const PRUNE_ANNOTATION = "faros.sh/prune";
/**
 * Annotation on objects of which not all drift is put back: stands for what was
 * applied last, so that a change of the manifest is told from one of the object.
 */
export const APPLIED_ANNOTATION = "gitops.faros.sh/applied";

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
  /** Whether kubectl, or who kept it, holds fields that have to be taken over first. */
  takeOver: boolean;
  /** Fields that are left as they are, though the manifest says otherwise. */
  leave: Pointer[];
  /** Fields that differ, and are reported only. */
  drifted: string[];
  /** Who kept it, where it is to be taken over from them. */
  adopted?: Owner;
}

/** An object to delete. */
export interface Removal extends LiveObject {
  key: string;
}

/** An object that somebody else keeps. */
export interface Conflict {
  manifest: ResolvedManifest;
  owner: Owner;
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
  /** Ids of sets that others keep, with whose they are: their members are left alone. */
  others?: ReadonlyMap<string, string>;
  /** Ids of sets that nobody keeps any more: their members may be taken. */
  free?: ReadonlySet<string>;
  /** What becomes of changes behind the repository's back. @default all are put back */
  drift?: DriftPolicy;
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
    const owner = now && ownerOf(now, {
      resource: manifest.resource,
      setId: input.setId,
      others: input.others,
      free: input.free,
    });
    if (owner && !(owner.adoptable && adopts(manifest.object))) {
      result.conflicts.push({ manifest, owner });
      continue;
    }
    const change = compare(manifest, {
      live: now,
      setId: input.setId,
      known: input.known?.get(key),
      drift: driftOf(manifest.object, input.drift),
      owner,
    });
    if (change.reasons.length === 0) result.unchanged.push(change);
    else if (now) result.update.push(change);
    else result.create.push(change);
  }
  if (!input.prune) return result;
  for (const [key, item] of live) {
    if (desired.has(key) || input.keep?.has(key)) continue;
    if (!isPrunable(item, input.setId)) continue;
    result.delete.push({ key, ...item });
  }
  return result;
}

/** Compares one manifest with what is live. Without `reasons` nothing is to be done. */
export function compare(
  manifest: ResolvedManifest,
  options: {
    live?: KubeObject;
    setId: string;
    known?: Known;
    /** @default all of it is put back */
    drift?: ObjectDrift;
    /** Who else keeps it, and is to lose it. */
    owner?: Owner;
  },
): Change {
  const { live, setId, known, drift = CORRECT, owner } = options;
  const object = markedOnce(manifest.object, { setId, drift });
  const change: Change = {
    key: objectKey(manifest.object),
    manifest,
    object,
    live,
    reasons: [],
    takeOver: false,
    leave: [],
    drifted: [],
    ...(owner ? { adopted: owner } : {}),
  };
  if (!live) {
    const isDrift = known?.fingerprint === fingerprint(object) &&
      drift.mode !== "correct";
    if (!isDrift) change.reasons.push("is not there");
    else if (drift.mode === "report") change.drifted.push("was deleted");
    return change;
  }
  const { resourceVersion } = live.metadata;
  if (
    known && resourceVersion && known.resourceVersion === resourceVersion &&
    known.fingerprint === fingerprint(object)
  ) return change;
  if (owner) change.reasons.push(`is taken over from ${owner.name}`);
  if (isSuspended(live)) {
    change.reasons.push("is back before its tombstone ended");
  }
  const isApplied = keepsApplied(drift) && !owner &&
    live.metadata.annotations?.[APPLIED_ANNOTATION] ===
      object.metadata.annotations?.[APPLIED_ANNOTATION];
  const { ignore, report } = driftFields(drift, [object, live]);
  change.leave = isApplied ? [...ignore, ...report] : ignore;
  const found = fieldsThatDiffer(object, { live, leave: change.leave });
  if (!isApplied || drift.mode === "correct") change.reasons.push(...found);
  if (isApplied) {
    const all = drift.mode === "ignore"
      ? []
      : fieldsThatDiffer(object, { live, leave: ignore });
    change.drifted = all.filter((field) => !change.reasons.includes(field));
  }
  change.takeOver = change.reasons.length > 0 &&
    takenOver(live, owner) !== undefined;
  return change;
}

/**
 * Compares one manifest with what was applied last, where that is what is live
 * still, and all of it is the manifests' to say.
 *
 * @param options.live Without its content
 * @returns nothing where nobody knows: {@linkcode compare} does
 */
export function compareKnown(
  manifest: ResolvedManifest,
  options: { live?: KubeObject; known?: Known; setId: string },
): Change | undefined {
  const { live, known, setId } = options;
  if (!live || !known?.resourceVersion) return undefined;
  if (live.metadata.resourceVersion !== known.resourceVersion) return undefined;
  const object = markedOnce(manifest.object, { setId, drift: CORRECT });
  return {
    key: objectKey(manifest.object),
    manifest,
    object,
    live,
    reasons: known.fingerprint === fingerprint(object)
      ? []
      : ["is not what was applied last"],
    takeOver: false,
    leave: [],
    drifted: [],
  };
}

function fieldsThatDiffer(
  object: KubeObject,
  { live, leave }: { live: KubeObject; leave: Pointer[] },
): string[] {
  const desired = withoutFields(object, leave);
  const now = withoutFields(live, leave);
  if (leave.length) {
    now.metadata.managedFields = live.metadata.managedFields?.map((entry) => ({
      ...entry,
      fieldsV1: releaseFields(entry.fieldsV1, { pointers: leave, live }),
    }));
  }
  return [
    ...differences(desired, now).map((field) => `${field} differs`),
    ...extraFields(desired, now).map((field) =>
      `${field} is not in the manifest`
    ),
  ];
}

const fingerprints = new WeakMap<KubeObject, string>();

/**
 * Stands for the content of an object that is applied, the commit left out. It
 * is found out once: the object may not change afterwards.
 */
export function fingerprint(object: KubeObject): string {
  const before = fingerprints.get(object);
  if (before) return before;
  const hash = contentHash(contentOf(object), 32);
  fingerprints.set(object, hash);
  return hash;
}

function contentOf(object: KubeObject): string {
  const annotations = { ...object.metadata.annotations };
  for (const name of ORIGIN_ANNOTATIONS) {
    if (name in annotations) delete annotations[name];
  }
  return JSON.stringify({
    ...object,
    metadata: { ...object.metadata, annotations },
  });
}

const markedObjects = new WeakMap<
  KubeObject,
  { setId: string; keeps: boolean; object: KubeObject }
>();

/** {@linkcode marked}, of what does not change. */
function markedOnce(
  source: KubeObject,
  options: { setId: string; drift: ObjectDrift },
): KubeObject {
  const { setId } = options;
  const keeps = keepsApplied(options.drift);
  const before = markedObjects.get(source);
  if (before?.setId === setId && before.keeps === keeps) return before.object;
  const object = marked(source, options);
  markedObjects.set(source, { setId, keeps, object });
  return object;
}

/** As it is to be applied, with what it is known by. */
function marked(
  source: KubeObject,
  { setId, drift }: { setId: string; drift: ObjectDrift },
): KubeObject {
  const { metadata } = source;
  // What the hub itself says is nobody else's to say.
  const {
    [DELETE_AFTER_ANNOTATION]: _1,
    [APPLIED_ANNOTATION]: _2,
    ...annotations
  } = metadata.annotations ?? {};
  const object: KubeObject = {
    ...source,
    metadata: {
      ...metadata,
      ...(metadata.annotations ? { annotations } : {}),
      labels: { ...metadata.labels, [APPLYSET_LABEL]: setId },
    },
  };
  if (keepsApplied(drift)) {
    object.metadata.annotations = {
      ...annotations,
      [APPLIED_ANNOTATION]: contentHash(contentOf(object), 16),
    };
  }
  return object;
}

function isPrunable({ object, resource }: LiveObject, setId: string): boolean {
  const { labels, annotations, deletionTimestamp, ownerReferences } =
    object.metadata;
  return labels?.[APPLYSET_LABEL] === setId && !deletionTimestamp &&
    annotations?.[PRUNE_ANNOTATION] !== "disabled" &&
    // Made by a controller, which copied its owner's labels.
    !ownerReferences?.some((owner) => owner.controller) &&
    // Handed over to somebody who keeps it from now on.
    !isHubs(object) && !ofOtherEngine(object, resource);
}
