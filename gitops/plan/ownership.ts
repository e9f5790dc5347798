/**
 * Who else keeps an object.
 *
 * @module
 */
import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL, HUB_MANAGER } from "../../api/names.ts";

/** Annotation on a manifest: take the object over from who keeps it now. */
export const ADOPT_ANNOTATION = "faros.sh/adopt";

/** Somebody else who keeps an object as they want it. */
export interface Owner {
  /** For people: `Flux Kustomization flux-system/apps`. */
  name: string;
  /** Whether it may be taken over from them. */
  adoptable: boolean;
  /** Keys by which they know it as theirs. */
  marks: { labels?: string[]; annotations?: string[] };
  /** Names of the field managers that they apply it as. */
  managers?: RegExp;
}

/** What {@linkcode ownerOf} goes by. */
export interface OwnershipOptions {
  resource: Resource;
  /** Id of the apply set that the object ought to be in. */
  setId: string;
  /** Ids of apply sets that others keep, with whose they are. */
  others?: ReadonlyMap<string, string>;
  /** Ids of apply sets that nobody keeps any more: of this Repository, or one that is gone. */
  free?: ReadonlySet<string>;
}

const FLUX: [prefix: string, kind: string, managers: RegExp][] = [
  [
    "kustomize.toolkit.fluxcd.io",
    "Flux Kustomization",
    /^kustomize-controller$/,
  ],
  ["helm.toolkit.fluxcd.io", "Flux HelmRelease", /^helm-controller$/],
];
/** Its own name for itself, and that of its program, by which older ones apply. */
const ARGO_MANAGERS = /^argocd-(application-)?controller$/;
const ARGO = "argocd.argoproj.io/tracking-id";
const ARGO_LABELS = [
  "argocd.argoproj.io/instance",
  "app.kubernetes.io/instance",
];
const INVENTORY = "config.k8s.io/owning-inventory";
const HELM_RELEASE = "meta.helm.sh/release-name";
const HELM_NAMESPACE = "meta.helm.sh/release-namespace";
const MANAGED_BY = "app.kubernetes.io/managed-by";

/**
 * Who else keeps an object; nobody where it is free to be taken.
 *
 * Two engines that keep the same object would never come to rest. Each marks
 * what is its own: Flux and Helm by labels and annotations with the name of
 * what applied it, Argo CD by an annotation that also names the object (so that
 * a copy does not count), cli-utils (kpt, Config Sync) and apply sets
 * (KEP-3659) by the id of an inventory.
 */
export function ownerOf(
  object: KubeObject,
  options: OwnershipOptions,
): Owner | undefined {
  if (isHubs(object)) return { name: "the hub", adoptable: false, marks: {} };
  return ofSet(object, options) ?? ofOtherEngine(object, options.resource);
}

/** Whether a manifest asks for its object whoever keeps it. */
export function adopts({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[ADOPT_ANNOTATION] === "true";
}

/** The engine that keeps an object, other than an apply set. */
export function ofOtherEngine(
  { metadata }: KubeObject,
  resource: Resource,
): Owner | undefined {
  const { labels = {}, annotations = {} } = metadata;
  for (const [prefix, kind, managers] of FLUX) {
    const name = labels[`${prefix}/name`];
    if (!name) continue;
    const namespace = labels[`${prefix}/namespace`];
    return {
      name: `${kind} ${namespace ? `${namespace}/` : ""}${name}`,
      adoptable: true,
      marks: { labels: [`${prefix}/name`, `${prefix}/namespace`] },
      managers,
    };
  }
  const argo = argoApplication(metadata, resource);
  if (argo) {
    return {
      name: `Argo CD Application ${argo}`,
      adoptable: true,
      marks: {
        annotations: [ARGO],
        labels: ARGO_LABELS.filter((label) => labels[label] === argo),
      },
      managers: ARGO_MANAGERS,
    };
  }
  if (annotations[INVENTORY]) {
    return {
      name: `inventory ${annotations[INVENTORY]} (cli-utils)`,
      adoptable: true,
      marks: { annotations: [INVENTORY] },
    };
  }
  const release = annotations[HELM_RELEASE];
  if (release && labels[MANAGED_BY] === "Helm") {
    const namespace = annotations[HELM_NAMESPACE];
    return {
      name: `Helm release ${namespace ? `${namespace}/` : ""}${release}`,
      adoptable: true,
      marks: {
        annotations: [HELM_RELEASE, HELM_NAMESPACE],
        labels: [MANAGED_BY],
      },
      managers: /^helm$/,
    };
  }
}

function ofSet(
  { metadata }: KubeObject,
  { setId, others, free }: OwnershipOptions,
): Owner | undefined {
  const id = metadata.labels?.[APPLYSET_LABEL];
  if (!id || id === setId || free?.has(id)) return undefined;
  return {
    name: others?.get(id) ?? `apply set ${id}`,
    adoptable: true,
    // Its label is overwritten by our own.
    marks: {},
  };
}

/** `<application>:<group>/<kind>:<namespace>/<name>`, which counts only on the very object that it names. */
function argoApplication(
  { name, namespace, annotations }: KubeObject["metadata"],
  resource: Resource,
): string | undefined {
  const found = /^([^:]+):([^/]*)\/([^:]+):([^/]*)\/(.+)$/.exec(
    annotations?.[ARGO] ?? "",
  );
  if (!found) return undefined;
  const [, application, group, kind, of, named] = found;
  const isIt = group === resource.group && kind === resource.kind &&
    named === name && (!resource.namespaced || of === namespace);
  return isIt ? application : undefined;
}

/**
 * Whether the hub itself keeps an object: a Role of a device, a
 * CustomResourceDefinition. It would never come to rest between the two.
 */
export function isHubs({ metadata }: KubeObject): boolean {
  return !!metadata.managedFields?.some((entry) =>
    entry.manager === HUB_MANAGER && entry.operation === "Apply" &&
    !entry.subresource
  );
}
