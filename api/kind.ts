/**
 * `defineKind`: a kind of Faros, from which its CRD, JSON Schema and reference page are generated.
 *
 * @module
 */
import { z } from "zod";
import { type KubeObject, ManifestMeta, type ObjectMeta } from "./meta.ts";

/** What names a resource in the Kubernetes API; `kube/` takes it wherever it asks which resource. */
export interface Resource {
  /** API group; empty for the core group. */
  group: string;
  version: string;
  /** Plural as in URLs: `agents`. */
  plural: string;
  kind: string;
  namespaced: boolean;
}

/** A column of `kubectl get`. */
export interface PrinterColumn {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  jsonPath: string;
  description?: string;
  /** 0 is shown always, 1 with `-o wide`. */
  priority?: number;
}

/** A Faros kind. `Spec` and `Status` are zod objects. */
export interface Kind<
  Spec extends z.ZodType = z.ZodType,
  Status extends z.ZodType = z.ZodType,
> extends Resource {
  singular: string;
  shortNames: string[];
  categories: string[];
  description: string;
  spec: Spec;
  /** Absent where the kind has none; it then has no status subresource either. */
  status?: Status;
  columns: PrinterColumn[];
  /** CEL rules for the whole object. */
  validations: { rule: string; message: string }[];
  /** `group/version` */
  apiVersion: string;
  /** Validates a manifest as people write it: strict, status tolerated nowhere. */
  manifest: z.ZodType;
}

/** Options of {@linkcode defineKind}. */
export interface DefineKindOptions<
  Spec extends z.ZodType,
  Status extends z.ZodType,
> {
  group: string;
  kind: string;
  /** @default kind in lower case + "s" */
  plural?: string;
  namespaced: boolean;
  shortNames?: string[];
  description: string;
  spec: Spec;
  /** Whether a manifest may leave spec out. @default false */
  specOptional?: boolean;
  status?: Status;
  columns?: PrinterColumn[];
  validations?: { rule: string; message: string }[];
}

/** An object of a kind as the API serves it. */
export interface ObjectOf<Spec, Status> extends KubeObject {
  metadata: ObjectMeta;
  spec: Spec;
  status?: Status;
}

/** The TypeScript type of a kind's objects. */
export type InferObject<K> = K extends Kind<infer S, infer T>
  ? ObjectOf<z.infer<S>, z.infer<T>>
  : never;

/** Version of all Faros kinds. */
export const VERSION = "v1alpha1";

/** Defines a kind. */
export function defineKind<Spec extends z.ZodType, Status extends z.ZodType>(
  options: DefineKindOptions<Spec, Status>,
): Kind<Spec, Status> {
  const { group, kind, description, spec, status } = options;
  const singular = kind.toLowerCase();
  const apiVersion = `${group}/${VERSION}`;
  return {
    group,
    version: VERSION,
    apiVersion,
    kind,
    plural: options.plural ?? `${singular}s`,
    singular,
    shortNames: options.shortNames ?? [],
    categories: ["faros"],
    namespaced: options.namespaced,
    description,
    spec,
    status,
    columns: options.columns ?? [],
    validations: options.validations ?? [],
    manifest: z.strictObject({
      apiVersion: z.literal(apiVersion),
      kind: z.literal(kind),
      metadata: ManifestMeta,
      spec: options.specOptional ? spec.optional() : spec,
    }),
  };
}
