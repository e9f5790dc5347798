import type { KubeObject } from "../../api/meta.ts";
import {
  COMMIT_ANNOTATION,
  GITOPS_MANAGER,
  SOURCE_ANNOTATION,
} from "../../api/names.ts";
import {
  isConflict,
  KubeApiError,
  type WorkspaceAccess,
} from "../../kube/mod.ts";
import { takenOver } from "../plan/managed_fields.ts";
import type { Manifest } from "../manifest/manifest.ts";
import type { Change } from "../plan/plan.ts";
import { parseField } from "./api_problem.ts";

/** How often somebody else may get in between. */
const ATTEMPTS = 5;

/** Options of {@linkcode applyChange}. */
export interface ApplyChangeOptions {
  access: WorkspaceAccess;
  /** Commit that the object is as of. */
  commit: string;
  /** `file:line` that it stands at in that commit. @default the manifest's */
  source?: string;
  signal?: AbortSignal;
}

/**
 * Makes an object as its manifest says, by server-side apply.
 *
 * An apply leaves alone what others set, also what a person set by kubectl; so
 * such fields are first handed to our own field manager, in
 * `metadata.managedFields`, as Flux does it.
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
  let live = change.live;
  for (let attempt = 1; change.takeOver && live; attempt++) {
    const managedFields = takenOver(live);
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
      ], { type: "json", namespace, fieldManager: GITOPS_MANAGER, signal });
      break;
    } catch (error) {
      if (!isConflict(error) || attempt >= ATTEMPTS) throw error;
      live = await client.tryGet(resource, name, { namespace, signal });
    }
  }
  const object = withOrigin(change.object, { commit, source });
  const how = {
    namespace,
    fieldManager: GITOPS_MANAGER,
    force: true,
    fieldValidation: "Strict",
    signal,
  } as const;
  try {
    return await client.apply(resource, object, how);
  } catch (error) {
    const without = withoutEmptied(object, error);
    if (!without) throw error;
    return await client.apply(resource, without, how);
  }
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
