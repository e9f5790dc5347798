import type { PluginKind } from "../../api/plugin_kind.ts";
import type { CompiledSchema } from "../../apiserver/schema/mod.ts";
import type { Schema } from "../../apiserver/types.ts";
import type { Config } from "./config.ts";

/** Compiling is slow; schemas stay the same objects until their Plugin changes. */
const compiled = new WeakMap<PluginKind, CompiledSchema>();

/** The most problems of one config that are told at a time. */
const MOST = 5;

/**
 * What is wrong with a config by the schema of its own kind, as an API server would say it of an object with that
 * `spec`; empty where nothing is.
 */
export async function kindProblems(
  config: Config,
  kind: PluginKind,
): Promise<string[]> {
  const schema = await compile(kind);
  const object = structuredClone({ spec: config });
  const unknown = schema.prune(object).map((field) =>
    `${field} is not a field`
  );
  schema.default(object);
  const invalid = schema.validate(object)
    .map(({ field, message }) => `${field}: ${message}`);
  const problems = [...unknown, ...invalid];
  const more = problems.length - MOST;
  return more > 0 ? [...problems.slice(0, MOST), `and ${more} more`] : problems;
}

async function compile(kind: PluginKind): Promise<CompiledSchema> {
  let schema = compiled.get(kind);
  if (!schema) {
    // Loaded once there is a plugin with kinds of its own.
    const { compileSchema } = await import("../../apiserver/schema/mod.ts");
    const version = kind.versions.find(({ storage }) => storage);
    const whole = (version?.schema.openAPIV3Schema ?? {}) as Schema;
    schema = compileSchema({
      type: "object",
      properties: { spec: whole.properties?.spec ?? { type: "object" } },
    });
    compiled.set(kind, schema);
  }
  return schema;
}
