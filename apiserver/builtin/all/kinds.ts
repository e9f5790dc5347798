/**
 * Every built-in kind of Kubernetes beyond the default set, as plain data:
 * pods, nodes and workloads are stored, validated and watched, and nothing acts
 * on them. Loaded only when asked for, as the schemas are large.
 *
 * @module
 */
import type {
  Column,
  JsonObject,
  ResourceDefinition,
  Strategy,
} from "../../types.ts";
import { addMessages } from "../../request/protobuf/decode.ts";
import messages from "../../request/protobuf/all_messages.json" with {
  type: "json",
};
import { CREATED_AT, NAME } from "../columns.ts";
import { type ColumnContext, define } from "../define.ts";
import { addSchemas } from "../schemas.ts";
import published from "./kinds.json" with { type: "json" };
import { storage } from "./autoscaler_versions.ts";
import { columns } from "./columns/mod.ts";
import { strategies } from "./strategies.ts";
import { selectorText } from "./selector_text.ts";

/** What `generate.ts` writes of a resource. */
interface Published {
  group: string;
  version: string;
  resource: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  shortNames?: string[];
  categories?: string[];
  verbs: string[];
  subresources?: string[];
  schema: string;
  zero?: JsonObject;
}

/** Kinds whose `metadata.generation` counts changes of their spec. */
const COUNTED = new Set([
  "CronJob",
  "DaemonSet",
  "Deployment",
  "FlowSchema",
  "Ingress",
  "IngressClass",
  "Job",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
  "NetworkPolicy",
  "Pod",
  "PodDisruptionBudget",
  "PriorityLevelConfiguration",
  "ReplicaSet",
  "ReplicationController",
  "ResourceSlice",
  "DeviceClass",
  "StatefulSet",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
]);

const DEPRECATED: Record<string, string> = {
  ComponentStatus: "v1 ComponentStatus is deprecated in v1.19+",
  Endpoints:
    "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
};

/** The definitions of all built-in kinds that the default set lacks. */
export function allDefinitions(context: ColumnContext): ResourceDefinition[] {
  addSchemas(published.schemas);
  addMessages(messages);
  const shown = columns(context);
  const special = strategies();
  return (published.resources as Published[])
    // A Binding stands for no object; it is made under the pod that it binds.
    .filter(({ resource }) => resource !== "bindings")
    .map((found) =>
      definitionOf(found, {
        columns: shown[found.kind] ?? [NAME, CREATED_AT],
        strategy: special[found.kind],
      })
    );
}

function definitionOf(
  published: Published,
  { columns, strategy }: { columns: Column[]; strategy?: Strategy },
): ResourceDefinition {
  const { subresources = [], kind, group, version, ...rest } = published;
  return define({
    ...rest,
    group,
    version,
    kind,
    listKind: kind === "Endpoints" ? "EndpointsList" : `${kind}List`,
    shortNames: published.shortNames ?? [],
    categories: published.categories ?? [],
    subresources: {
      ...(subresources.includes("status") ? { status: true } : {}),
      ...(subresources.includes("scale")
        ? {
          scale: {
            specReplicasPath: ".spec.replicas",
            statusReplicasPath: ".status.replicas",
            selector: (object) => selectorText(object.spec?.selector),
          },
        }
        : {}),
    },
    generation: COUNTED.has(kind),
    ...(DEPRECATED[kind] ? { deprecation: DEPRECATED[kind] } : {}),
    columns,
    ...(strategy ? { strategy } : {}),
    ...storage(group, version),
  });
}
