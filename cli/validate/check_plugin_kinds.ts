import { pluginKindDefinition } from "../../api/generate/plugin_kind_definition.ts";
import { Plugin } from "../../api/plugin.ts";
import type { PluginKind } from "../../api/plugin_kind.ts";
import type { Workspace } from "../../api/workspace.ts";
import type { CompiledSchema } from "../../apiserver/schema/mod.ts";
import type { Schema } from "../../apiserver/types.ts";
import { parseField } from "../../gitops/apply/api_problem.ts";
import { notEnabled } from "../../gitops/manifest/brought_kinds.ts";
import type {
  Manifests,
  WorkspaceManifests,
} from "../../gitops/manifest/load_tree.ts";
import type { Manifest } from "../../gitops/manifest/manifest.ts";
import { didYouMean } from "../../gitops/manifest/nearest.ts";
import type { Problem } from "../../gitops/manifest/problem.ts";
import { checkKinds, schemaValidator } from "../../hub/kinds/check_kinds.ts";
import { versionFor } from "../../hub/kinds/declared_kinds.ts";
import { Problem as KindProblem } from "../../hub/resolve/problem.ts";
import { parseApiVersion } from "../../kube/resource.ts";

/**
 * Checks what has to do with the kinds that Plugins under `root/` bring: what they declare, and the objects of these
 * kinds in workspaces' folders, as an API server would.
 */
export async function checkPluginKinds(
  manifests: Manifests,
): Promise<{ problems: Problem[]; kinds: Set<string> }> {
  const problems: Problem[] = [];
  /** Those that were looked at: `Thermometer of sensors.example.com/v1`. */
  const kinds = new Set<string>();
  const plugins: Plugin[] = [];
  for (const manifest of manifests.root.manifests) {
    if (manifest.resource !== Plugin || manifest.sealed) continue;
    const plugin = manifest.object as Plugin;
    plugins.push(plugin);
    try {
      checkKinds(plugin, { validateSchema: await schemaValidator(plugin) });
    } catch (error) {
      if (!(error instanceof KindProblem)) throw error;
      problems.push(problemAt(manifest, ["spec", "versions"], error.message));
    }
  }
  const all = plugins.flatMap((plugin) =>
    kindsOf(plugin).map((kind) => ({ plugin, kind }))
  );
  if (!all.length) return { problems, kinds };
  const { compileSchema } = await import("../../apiserver/schema/mod.ts");
  const compiled = new Map<string, CompiledSchema>();
  const compile = (kind: PluginKind, version: string) => {
    const schema = schemaOf(kind, version);
    const key = JSON.stringify(schema);
    let made = compiled.get(key);
    if (!made) compiled.set(key, made = compileSchema(schema));
    return made;
  };
  for (const set of manifests.workspaces.values()) {
    for (const manifest of set.manifests) {
      // Nobody but the hub can read it.
      if (manifest.sealed) continue;
      const { group } = parseApiVersion(manifest.object.apiVersion);
      const known = all.filter(({ kind }) => kind.group === group);
      if (!known.length) continue;
      const { apiVersion, kind } = manifest.object;
      kinds.add(`${kind} of ${apiVersion}`);
      problems.push(...checkObject(manifest, { set, known, compile }));
    }
  }
  return { problems, kinds };
}

/** All kinds that any version of a Plugin brings. */
function kindsOf({ spec }: Plugin): PluginKind[] {
  return spec.versions.flatMap(({ kinds = [] }) => kinds);
}

function checkObject(
  manifest: Manifest,
  { set, known, compile }: {
    set: WorkspaceManifests;
    /** Of the object's API group. */
    known: { plugin: Plugin; kind: PluginKind }[];
    compile(kind: PluginKind, version: string): CompiledSchema;
  },
): Problem[] {
  const { object } = manifest;
  const { group, version } = parseApiVersion(object.apiVersion);
  const refuse = (path: string[], message: string) => [
    problemAt(manifest, path, message),
  ];
  const found = known.find(({ kind }) => kind.names.kind === object.kind);
  if (!found) {
    const names = known.map(({ kind }) => kind.names.kind);
    return refuse(
      ["kind"],
      `there is no kind ${object.kind} in ${group}${
        didYouMean(object.kind, names)
      }`,
    );
  }
  const { name } = found.plugin.metadata;
  const workspace = set.workspace?.object as Workspace | undefined;
  // What is wrong with that itself has been said.
  if (!workspace) return [];
  const used = versionFor(found.plugin, workspace);
  if (!used) {
    return refuse(
      ["kind"],
      notEnabled(found.plugin, {
        kind: object.kind,
        file: set.workspace!.file,
      }),
    );
  }
  const kind = used.kinds?.find(({ names, group: of }) =>
    of === group && names.kind === object.kind
  );
  if (!kind) {
    return refuse(
      ["kind"],
      `version ${used.version} of Plugin ${name}, which is used here, does not bring ${object.kind}`,
    );
  }
  const served = kind.versions.filter((v) => v.served).map((v) => v.name);
  if (!served.includes(version)) {
    return refuse(
      ["apiVersion"],
      `${object.kind} is served as ${
        served.map((v) => `${group}/${v}`).join(", ")
      }`,
    );
  }
  const schema = compile(kind, version);
  const copy = structuredClone(object);
  const unknown = schema.prune(copy).map((field) => ({
    field,
    about: "key" as const,
    message: "is not a known field",
  }));
  schema.default(copy);
  const invalid = schema.validate(copy).map(({ field, message }) => ({
    field,
    about: "value" as const,
    message,
  }));
  return [...unknown, ...invalid].map(({ field, about, message }) => ({
    file: manifest.file,
    ...manifest.locate(parseField(field), about),
    field,
    message: manifest.sensitive?.redact(message) ?? message,
  }));
}

function schemaOf(kind: PluginKind, version: string): Schema {
  const { spec } = pluginKindDefinition(kind) as unknown as {
    spec: { versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
  };
  return spec.versions.find(({ name }) => name === version)!.schema
    .openAPIV3Schema;
}

function problemAt(
  manifest: Manifest,
  path: string[],
  message: string,
): Problem {
  return {
    file: manifest.file,
    ...manifest.locate(path),
    field: path.join("."),
    message,
  };
}
