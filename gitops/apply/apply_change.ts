import type { KubeObject } from "../../api/meta.ts";
import {
  COMMIT_ANNOTATION,
  DELETE_AFTER_ANNOTATION,
  GITOPS_MANAGER,
  SOURCE_ANNOTATION,
} from "../../api/names.ts";
import {
  type Clock,
  isConflict,
  KubeApiError,
  type WorkspaceAccess,
} from "../../kube/mod.ts";
import { leavingFields, releaseFields } from "../plan/field_pointers.ts";
import { takenOver } from "../plan/managed_fields.ts";
import type { Manifest } from "../manifest/manifest.ts";
import type { Owner } from "../plan/ownership.ts";
import type { Change } from "../plan/plan.ts";
import { isSuspended } from "../plan/tombstone.ts";
import { parseField } from "./api_problem.ts";
import { isImmutable, recreate, RECREATE_ANNOTATION } from "./recreate.ts";

/** How often somebody else may get in between. */
const ATTEMPTS = 5;

/** Options of {@linkcode applyChange}. */
export interface ApplyChangeOptions {
  access: WorkspaceAccess;
  /** Commit that the object is as of. */
  commit: string;
  /** `file:line` that it stands at in that commit. @default the manifest's */
  source?: string;
  clock: Clock;
  signal?: AbortSignal;
}

/**
 * Makes an object as its manifest says, by server-side apply.
 *
 * An apply leaves alone what others set, also what a person set by kubectl or
 * an engine that it is taken over from; so such fields are first handed to our
 * own field manager, in `metadata.managedFields`, as Flux does it.
 *
 * @returns The object as it is now.
 */
export async function applyChange(
  change: Change,
  options: ApplyChangeOptions,
): Promise<KubeObject> {
  const { access, commit, signal } = options;
  const { source = sourceOf(change.manifest) } = options;
  const { resource } = change.manifest;
  const { client } = access;
  const namespace = resource.namespaced
    ? change.object.metadata.namespace ?? access.namespace
    : undefined;
  const { name } = change.object.metadata;
  const at = { namespace, fieldManager: GITOPS_MANAGER, signal };
  let live = change.live;
  for (let attempt = 1; live; attempt++) {
    const managedFields = handedOver(live, change);
    if (!managedFields) break;
    try {
      await client.patch(resource, name, [
        {
          op: "replace",
          path: "/metadata/managedFields",
          value: managedFields,
        },
        {
          op: "replace",
          path: "/metadata/resourceVersion",
          value: live.metadata.resourceVersion,
        },
      ], { type: "json", ...at });
      break;
    } catch (error) {
      if (!isConflict(error) || attempt >= ATTEMPTS) throw error;
      live = await client.tryGet(resource, name, { namespace, signal });
    }
  }
  // After that: until then it is known that it is to be taken over.
  if (change.adopted && live) {
    await client.patch(resource, name, withoutMarks(change.adopted), at);
  }
  const object = withOrigin(
    live && change.leave.length
      ? leavingFields(change.object, {
        live,
        managedFields: live.metadata.managedFields ?? [],
        pointers: change.leave,
      })
      : change.object,
    { commit, source },
  );
  const how = { ...at, force: true, fieldValidation: "Strict" } as const;
  let applied: KubeObject;
  try {
    applied = await client.apply(resource, object, how);
  } catch (error) {
    const without = withoutEmptied(object, error);
    if (without) applied = await client.apply(resource, without, how);
    else if (change.live && isImmutable(error)) {
      const { annotations } = change.object.metadata;
      if (annotations?.[RECREATE_ANNOTATION] !== "true") throw error;
      await recreate(change.live, { ...options, resource, namespace });
      applied = await client.apply(
        resource,
        withOrigin(change.object, { commit, source }),
        how,
      );
    } else throw error;
  }
  // Last, so that its device is told nothing before all is as it was.
  if (!isSuspended(applied)) return applied;
  return await client.patch(resource, name, {
    metadata: { annotations: { [DELETE_AFTER_ANNOTATION]: null } },
  }, at);
}

/** `metadata.managedFields` as they have to be before the apply; none where they are. */
function handedOver(live: KubeObject, change: Change) {
  const before = live.metadata.managedFields ?? [];
  const taken = change.takeOver ? takenOver(live, change.adopted) : undefined;
  const after = (taken ?? before).map((entry) => {
    if (entry.manager !== GITOPS_MANAGER || entry.operation !== "Apply") {
      return entry;
    }
    const fieldsV1 = releaseFields(entry.fieldsV1, {
      pointers: change.leave,
      live,
    });
    return fieldsV1 === entry.fieldsV1 ? entry : { ...entry, fieldsV1 };
  });
  return taken || after.some((entry, i) => entry !== before[i])
    ? after
    : undefined;
}

/** Takes away by what another engine knows an object as its own, and would prune it. */
function withoutMarks({ marks }: Owner) {
  const none = (keys: string[] = []) =>
    Object.fromEntries(keys.map((key) => [key, null]));
  return {
    metadata: {
      labels: none(marks.labels),
      annotations: none(marks.annotations),
    },
  };
}

/**
 * The object without the empty maps that kube-apiserver turned into null: it
 * does so (1.37, structured-merge-diff) where all that a map had is taken out
 * of it by the very apply that says `{}`, and then refuses its own null. None
 * where the error is about something else.
 */
function withoutEmptied(
  object: KubeObject,
  error: unknown,
): KubeObject | undefined {
  if (!(error instanceof KubeApiError) || error.code !== 422) return undefined;
  const emptied = (error.details?.causes ?? []).filter((cause) =>
    cause.field && /must be of type \w+: "null"/.test(cause.message ?? "")
  );
  if (emptied.length === 0) return undefined;
  const result = structuredClone(object);
  for (const { field } of emptied) {
    const path = parseField(field!);
    const last = path.pop()!;
    let into = result as unknown as Record<string | number, unknown>;
    for (const part of path) into = (into?.[part] ?? {}) as typeof into;
    const value = into[last];
    if (typeof value !== "object" || value === null) return undefined;
    if (Object.keys(value).length > 0) return undefined;
    delete into[last];
  }
  return result;
}

/** `file:line` of a manifest. */
export function sourceOf({ file, line }: Manifest): string {
  return `${file}:${line}`;
}

function withOrigin(
  object: KubeObject,
  { commit, source }: { commit: string; source: string },
): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      annotations: {
        ...metadata.annotations,
        [COMMIT_ANNOTATION]: commit,
        [SOURCE_ANNOTATION]: source,
      },
    },
  };
}
