import { parseDocument } from "yaml";
import * as core from "../../api/core.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { isObject } from "./is_object.ts";
import { documentValue } from "./document_value.ts";
import type { Manifest } from "./manifest.ts";
import { nodeProblems } from "./node_problems.ts";
import { hasTooManyValues } from "./too_many_values.ts";

/** What an object says that another one is there. */
export interface Reference {
  /** Path of the field that says so. */
  path: PropertyKey[];
  /**
   * A plugin object or a Secret of the same workspace, a Plugin of the
   * catalogue, a Secret of the hub's namespace.
   */
  to: "plugin object" | "secret" | "catalogue" | "hub secret";
  name: string;
  /** Of a plugin object, where one is given. */
  kind?: string;
  /** Of a Secret: the key that is wanted. */
  key?: string;
}

/** The references in a manifest. */
export function referencesIn(manifest: Manifest): Reference[] {
  if (manifest.sealed) return [];
  const { object } = manifest;
  const spec = (object as KubeObject & { spec?: unknown }).spec;
  if (!isObject(spec)) return [];
  switch (groupKindOf(object)) {
    case "Agent.edge.faros.sh":
      return pluginEntries(spec.plugins, ["spec", "plugins"]);
    case "Registration.edge.faros.sh":
      return isObject(spec.agentTemplate)
        ? pluginEntries(spec.agentTemplate.plugins, [
          "spec",
          "agentTemplate",
          "plugins",
        ])
        : [];
    case "Workspace.tenancy.faros.sh":
      return list(spec.plugins).flatMap((entry, i) =>
        isObject(entry) && typeof entry.name === "string"
          ? [{
            path: ["spec", "plugins", i, "name"],
            to: "catalogue" as const,
            name: entry.name,
          }]
          : []
      );
    case "Repository.gitops.faros.sh":
      return hubSecrets(spec, ["spec"]);
    default:
      return isPluginObject(object)
        ? secretKeys(spec.config, ["spec", "config"])
        : [];
  }
}

/** Whether an Agent may name an object in its `spec.plugins`. */
export function isPluginObject({ apiVersion, kind }: KubeObject): boolean {
  return pluginObjectKinds.some((k) =>
    k.kind === kind && k.apiVersion === apiVersion
  );
}

/** Whether only a plugin, or a controller of others, can know what an object is. */
export function isForeign(object: KubeObject): boolean {
  const { apiVersion, kind } = object;
  return !/^(edge|tenancy|gitops)\.faros\.sh\//.test(apiVersion) &&
    !isPluginObject(object) &&
    !Object.values(core).some((resource) =>
      resource.kind === kind &&
      apiVersion ===
        [resource.group, resource.version].filter(Boolean).join("/")
    );
}

function pluginEntries(entries: unknown, path: PropertyKey[]): Reference[] {
  return list(entries).flatMap((entry, i) => {
    if (!isObject(entry) || typeof entry.name !== "string") return [];
    const { name, kind, config } = entry;
    return [
      {
        path: [...path, i, "name"],
        to: "plugin object" as const,
        name,
        ...(typeof kind === "string" ? { kind } : {}),
      },
      ...secretKeys(config, [...path, i, "config"]),
    ];
  });
}

/** References in a config, which may be a text of YAML. */
function secretKeys(config: unknown, path: PropertyKey[]): Reference[] {
  if (typeof config !== "string") return secretKeysIn(config, path);
  // The hub says what is wrong with one that is too large.
  if (!config.includes("secretKeyRef") || hasTooManyValues(config)) return [];
  try {
    const document = parseDocument(config, { uniqueKeys: false });
    if (document.errors.length || nodeProblems(document).length) return [];
    // Nothing in it has a place of its own.
    return secretKeysIn(documentValue(document), path)
      .map((found) => ({ ...found, path }));
  } catch {
    // The hub says what is wrong with it.
    return [];
  }
}

/** `secretKeyRef: {name, key}` wherever it is. */
function secretKeysIn(config: unknown, path: PropertyKey[]): Reference[] {
  if (typeof config !== "object" || config === null) return [];
  return Object.entries(config).flatMap(([field, value]) => {
    const below = [...path, Array.isArray(config) ? Number(field) : field];
    if (field === "secretKeyRef" && isObject(value)) {
      const { name, key } = value;
      return typeof name === "string" && typeof key === "string"
        ? [{ path: [...below, "name"], to: "secret" as const, name, key }]
        : [];
    }
    return secretKeysIn(value, below);
  });
}

/** `secretRef: {name}`, `proxySecretRef: {name}`, `from: [{kind: Secret, name}]`. */
function hubSecrets(value: unknown, path: PropertyKey[]): Reference[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => hubSecrets(item, [...path, i]));
  }
  if (!isObject(value)) return [];
  const isRef = /^(secretRef|\w+SecretRef)$/.test(String(path.at(-1))) ||
    value.kind === "Secret" && value.optional !== true;
  if (isRef && typeof value.name === "string") {
    return [{ path: [...path, "name"], to: "hub secret", name: value.name }];
  }
  return Object.entries(value).flatMap(([field, item]) =>
    hubSecrets(item, [...path, field])
  );
}

function groupKindOf({ apiVersion, kind }: KubeObject): string {
  return `${kind}.${apiVersion.split("/")[0]}`;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
