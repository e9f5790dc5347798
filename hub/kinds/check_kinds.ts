import * as core from "../../api/core.ts";
import { pluginKindDefinition } from "../../api/generate/plugin_kind_definition.ts";
import { kinds as ownKinds, pluginObjectKinds } from "../../api/kinds.ts";
import type { Plugin, PluginVersion } from "../../api/plugin.ts";
import type { PluginKind } from "../../api/plugin_kind.ts";
import type { FieldError, Schema } from "../../apiserver/types.ts";
import { Problem } from "../resolve/problem.ts";

/** Domains whose API groups are Kubernetes', kcp's or Faros's own. */
const RESERVED = ["faros.sh", "k8s.io", "kubernetes.io", "kcp.io"];

/** Problems of a schema that are told at a time. */
const MOST = 5;

/** Checks a schema as an API server does; see `validateStructural`. */
export type ValidateSchema = (schema: Schema, path: string) => FieldError[];

/**
 * Checks the kinds that a Plugin declares, and what of plugin objects it says that it serves, as far as that goes
 * without asking what others have.
 *
 * @throws Problem KindsInvalid, KindConflict or UnknownKind, for the first that cannot be
 */
export function checkKinds(
  { metadata, spec }: Plugin,
  { validateSchema }: { validateSchema: ValidateSchema },
): void {
  const { name } = metadata;
  for (const version of spec.versions) {
    const where = `Version ${version.version}`;
    const { kinds = [] } = version;
    if (kinds.length && name.length > 63) {
      throw new Problem(
        "KindsInvalid",
        `${where} brings kinds, and the name of the Plugin is too long for that: ${name.length} characters, at most 63`,
      );
    }
    const twice = kinds.find((kind, i) =>
      kinds.findIndex((k) => k.names.kind === kind.names.kind) !== i
    );
    if (twice) {
      throw new Problem(
        "KindsInvalid",
        `${where} brings ${twice.names.kind} twice; leave one`,
      );
    }
    for (const kind of kinds) checkKind(kind, { where, validateSchema });
    checkProvides(version, where);
  }
}

function checkKind(
  kind: PluginKind,
  { where, validateSchema }: { where: string; validateSchema: ValidateSchema },
): void {
  const { group, names, versions } = kind;
  const what = `${where} brings ${names.kind} of API group ${group}`;
  const reserved = RESERVED.find((domain) =>
    group === domain || group.endsWith(`.${domain}`)
  );
  if (reserved || !group.includes(".")) {
    throw new Problem(
      "KindConflict",
      `${what}, which is ${
        reserved ? `one of ${reserved}` : "one of Kubernetes' own"
      }; a plugin's kinds have a group of its publisher's, such as sensors.example.com`,
    );
  }
  const taken = [...ownKinds, ...Object.values(core)].find((k) =>
    k.kind === names.kind
  );
  if (taken) {
    throw new Problem(
      "KindConflict",
      `${what}, and ${names.kind} is a kind of ${
        taken.group ? `Faros or Kubernetes (${taken.group})` : "Kubernetes"
      }; give it another name`,
    );
  }
  const stored = versions.filter(({ storage }) => storage);
  if (stored.length !== 1 || !stored[0]!.served) {
    throw new Problem(
      "KindsInvalid",
      `${what} with ${stored.length} versions that are stored; one has to have storage: true and served: true`,
    );
  }
  const { spec } = pluginKindDefinition(kind) as unknown as {
    spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
  };
  for (const [i, { schema }] of spec.versions.entries()) {
    const path = `versions[${i}].schema.openAPIV3Schema`;
    const { type, properties } = schema.openAPIV3Schema;
    if (type !== "object" || properties?.spec?.type !== "object") {
      throw new Problem(
        "KindsInvalid",
        `${what}: ${path} has to be of type object, with a property spec of type object, which is the plugin's config`,
      );
    }
    const errors = validateSchema(schema.openAPIV3Schema, path);
    if (errors.length) {
      throw new Problem(
        "KindsInvalid",
        `${what}: ${
          errors.slice(0, MOST).map((e) => `${e.field}: ${e.message}`)
            .join("; ")
        }`,
      );
    }
  }
}

function checkProvides({ provides, kinds = [] }: PluginVersion, where: string) {
  const known = pluginObjectKinds.map((kind) => kind.kind);
  for (const { kind, type, group } of provides) {
    if ((type === undefined) === (group === undefined)) {
      throw new Problem(
        "UnknownKind",
        `${where} provides ${kind} with ${
          type === undefined ? "neither type nor group" : "type and group"
        }; one of Faros's kinds has a type, one of the plugin's own a group`,
      );
    }
    if (group === undefined && !known.includes(kind)) {
      throw new Problem(
        "UnknownKind",
        `${where} provides ${kind}, which is no kind of plugin object; there are ${
          known.join(", ")
        }, and those that it brings in \`kinds\` (with their group)`,
      );
    }
    const own = kinds.some((k) => k.names.kind === kind && k.group === group);
    if (group !== undefined && !own) {
      throw new Problem(
        "UnknownKind",
        `${where} provides ${kind} of API group ${group}, which is none of the kinds that it brings: ${
          kinds.map((k) => `${k.names.kind} of ${k.group}`).join(", ") || "none"
        }`,
      );
    }
  }
}

/** What validates schemas, loaded where a Plugin has any. */
export async function schemaValidator(
  { spec }: Plugin,
): Promise<ValidateSchema> {
  if (!spec.versions.some(({ kinds }) => kinds?.length)) return () => [];
  const { validateStructural } = await import("../../apiserver/schema/mod.ts");
  return validateStructural;
}
