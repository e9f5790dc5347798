/**
 * Empties a namespace that is being deleted, and lets it go.
 *
 * @module
 */
import { KUBERNETES_FINALIZER } from "../builtin/namespace.ts";
import { timestamp } from "../registry/metadata.ts";
import type { KubeObject } from "../types.ts";
import {
  type Controller,
  type ControllerContext,
  copy,
  isActive,
  tolerate,
} from "./controller.ts";

const NAMESPACES = { group: "", resource: "namespaces" };

interface Content {
  group: string;
  resource: string;
  objects: KubeObject[];
}

/** The namespace controller. */
export function namespaceTermination(
  { client, reader, resources, now }: ControllerContext,
): Controller {
  function content(namespace: string): Content[] {
    const seen = new Set<string>();
    const found: Content[] = [];
    for (
      const { group, resource, namespaced, verbs, storedAs } of resources()
    ) {
      const id = `${group}/${resource}`;
      if (!namespaced || storedAs || !verbs.includes("delete")) continue;
      if (seen.has(id)) continue;
      seen.add(id);
      const objects = reader.list({ group, resource, namespace });
      if (objects.length > 0) found.push({ group, resource, objects });
    }
    return found;
  }

  async function deleteAll(namespace: string): Promise<void> {
    for (const { group, resource, objects } of content(namespace)) {
      await Promise.all(
        objects.filter((o) => !o.metadata.deletionTimestamp).map((o) =>
          tolerate(
            client.delete(
              { group, resource, namespace, name: o.metadata.name },
              { uid: o.metadata.uid, propagationPolicy: "Background" },
            ),
            "NotFound",
            "Conflict",
          )
        ),
      );
    }
  }

  return {
    name: "namespace",
    initial: () =>
      reader.list(NAMESPACES)
        .filter((namespace) => namespace.metadata.deletionTimestamp)
        .map((namespace) => namespace.metadata.name),
    affected({ type, group, resource, object }) {
      const { namespace, name } = object.metadata;
      if (group === "" && resource === "namespaces") {
        return object.metadata.deletionTimestamp ? [name] : [];
      }
      // What was admitted just before the deletion may arrive just after it.
      if (!namespace || type === "MODIFIED") return [];
      return isActive(reader, namespace) ? [] : [namespace];
    },
    async reconcile(name) {
      if (isActive(reader, name)) return;
      await deleteAll(name);
      const namespace = reader.get({ ...NAMESPACES, name });
      if (!namespace) return;
      const finalizers: string[] = namespace.spec?.finalizers ?? [];
      if (!finalizers.includes(KUBERNETES_FINALIZER)) return;
      const left = content(name);
      const next = copy(namespace);
      if (left.length === 0) {
        next.spec.finalizers = finalizers.filter((finalizer) =>
          finalizer !== KUBERNETES_FINALIZER
        );
        await tolerate(
          client.update({ ...NAMESPACES, name }, next, {
            subresource: "finalize",
          }),
          "NotFound",
        );
        return;
      }
      const conditions = conditionsOf(left, {
        old: namespace.status?.conditions ?? [],
        time: timestamp(now()),
      });
      if (!conditions) return;
      next.status = { ...next.status, conditions };
      await client.update({ ...NAMESPACES, name }, next, {
        subresource: "status",
      });
    },
  };
}

interface Condition {
  type: string;
  status: string;
  lastTransitionTime?: string;
  reason: string;
  message: string;
}

/** Why the namespace is still there, as kube-controller-manager words it; undefined where nothing changed. */
function conditionsOf(
  left: Content[],
  { old, time }: { old: Condition[]; time: string },
): Condition[] | undefined {
  const remaining = left.map(({ group, resource, objects }) =>
    `${resource}.${group} has ${objects.length} resource instances`
  ).sort();
  const holders = new Map<string, number>();
  for (const { metadata } of left.flatMap(({ objects }) => objects)) {
    for (const finalizer of metadata.finalizers ?? []) {
      holders.set(finalizer, (holders.get(finalizer) ?? 0) + 1);
    }
  }
  const held = [...holders].sort().map(([finalizer, count]) =>
    `${finalizer} in ${count} resource instances`
  );
  const wanted: Condition[] = [
    {
      type: "NamespaceDeletionDiscoveryFailure",
      status: "False",
      reason: "ResourcesDiscovered",
      message: "All resources successfully discovered",
    },
    {
      type: "NamespaceDeletionGroupVersionParsingFailure",
      status: "False",
      reason: "ParsedGroupVersions",
      message: "All legacy kube types successfully parsed",
    },
    {
      type: "NamespaceDeletionContentFailure",
      status: "False",
      reason: "ContentDeleted",
      message:
        "All content successfully deleted, may be waiting on finalization",
    },
    {
      type: "NamespaceContentRemaining",
      status: "True",
      reason: "SomeResourcesRemain",
      message: `Some resources are remaining: ${remaining.join(", ")}`,
    },
    held.length > 0
      ? {
        type: "NamespaceFinalizersRemaining",
        status: "True",
        reason: "SomeFinalizersRemain",
        message: `Some content in the namespace has finalizers remaining: ${
          held.join(", ")
        }`,
      }
      : {
        type: "NamespaceFinalizersRemaining",
        status: "False",
        reason: "ContentHasNoFinalizers",
        message: "All content-preserving finalizers finished",
      },
  ];
  let changed = false;
  const next = wanted.map((condition) => {
    const was = old.find(({ type }) => type === condition.type);
    changed ||= was?.status !== condition.status ||
      was.message !== condition.message;
    return {
      ...condition,
      lastTransitionTime: was?.status === condition.status
        ? was.lastTransitionTime
        : time,
    };
  });
  return changed ? next : undefined;
}
