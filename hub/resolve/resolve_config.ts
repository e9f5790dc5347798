import type { KubeObject } from "../../api/meta.ts";
import type { PluginVersion } from "../../api/plugin.ts";
import type { AgentPlugin } from "../../api/plugin_entry.ts";
import { type Config, mergeConfig, parseConfig } from "./config.ts";
import {
  compileSchema,
  type ConfigFault,
  configFaults,
  fieldPath,
  type JsonSchema,
  tellFaults,
} from "./config_schema.ts";
import { kindProblems } from "./kind_problems.ts";
import { type PluginObject, readPluginObject } from "./plugin_object.ts";
import { type ConfigPlace, Problem } from "./problem.ts";
import { pointerTo, secretFields, valueAt } from "./secret_fields.ts";
import {
  type SecretReader,
  type Separated,
  separateSecrets,
} from "./secrets.ts";

/** Of a plugin without one; always this object, since compiling one takes milliseconds, and is done once for each. */
const ANYTHING: JsonSchema = {};

/** What decides a plugin's config. */
export interface ConfigInputs {
  object: PluginObject;
  /** Whose entry it is. */
  agent: KubeObject;
  entry: Pick<AgentPlugin, "config">;
  /** What serves the object. */
  version: PluginVersion;
  /** What it is called in errors: `Plugin wireguard 1.2.0`. */
  where: string;
  secrets: SecretReader;
  /** JSON Pointers of values of the merged config that are not known. @default none */
  unread?(merged: Config): string[];
}

/** A config, and what is wrong with it. */
export interface ResolvedConfig
  extends Pick<Separated, "config" | "references" | "lifted"> {
  /** By the plugin's configSchema, each with its place. */
  faults: (ConfigFault & { place: ConfigPlace })[];
  /** By the schema of a kind that the plugin brings, in words. */
  kindProblems: string[];
  /** All of it in words. */
  problems: string[];
  /** Of the first fault. */
  place?: ConfigPlace;
  /** What the two parts make together. */
  merged: Config;
  /** JSON Pointers of what in it may be shown to nobody. */
  secretFields: string[];
}

/**
 * Merges a plugin's config, takes its secrets out, and checks it by the
 * plugin's configSchema.
 *
 * @throws Problem ConfigInvalid, InvalidConfigSchema, SecretNotFound or SecretNotAllowed
 */
export async function resolveConfig(
  inputs: ConfigInputs,
): Promise<ResolvedConfig> {
  const { object, agent, entry, version, where, secrets } = inputs;
  const { kind, metadata: { name } } = object;
  const { wanted, config: shared } = readPluginObject(object);
  const override = parsePart(entry.config, {
    part: "entry",
    where: `Agent ${agent.metadata.name}, plugin ${name}`,
  });
  const base = parsePart(shared, { part: "object", where: `${kind} ${name}` });
  const merged = mergeConfig(base, override);
  const parts = {
    base,
    override: entry.config === undefined ? undefined : override,
  };
  const schema = version.configSchema ?? ANYTHING;
  const fields = secretFields(merged, schema);
  const { config, complete, references, lifted, unread } =
    await separateSecrets(merged, {
      fields,
      // A Secret goes with the object that its value was written in.
      ownerOf: (field) =>
        valueAt(override, field) === undefined ? object : agent,
      placeOf: (field) =>
        placeOf({ path: fieldPath(field), about: "value" }, parts),
      where: `${kind} ${name}`,
      secrets,
    });
  const faults = configFaults(complete, compileSchema(schema, where), {
    unread: [...unread, ...inputs.unread?.(merged) ?? []],
  }).map((fault) => ({
    ...fault,
    place: placeOf(fault, parts),
  }));
  const own = version.kinds?.find(({ group, names }) =>
    group === wanted.group && names.kind === kind
  );
  // What the kind itself says holds of what this Agent makes of it, too; of secrets there are none without a configSchema.
  const ofKind = own && !version.configSchema
    ? await kindProblems(complete, own)
    : [];
  return {
    config,
    references,
    lifted,
    faults,
    kindProblems: ofKind,
    problems: [...tellFaults(faults), ...ofKind],
    place: faults[0]?.place,
    merged,
    secretFields: fields,
  };
}

/** Reads one of the two parts. @throws Problem ConfigInvalid */
function parsePart(
  config: Config | string | undefined,
  { part, where }: { part: ConfigPlace["in"]; where: string },
): Config {
  try {
    return parseConfig(config, where);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const place = { in: part, path: [], about: "value" as const };
    throw new Problem(error.reason, error.message, { place });
  }
}

/** Which of the two has what is wrong: the entry, where it has the field, or anything and lacks it. */
function placeOf(
  { path, about }: Pick<ConfigFault, "path" | "about">,
  { base, override }: { base: Config; override: Config | undefined },
): ConfigPlace {
  const has = (config: Config | undefined, path: (string | number)[]) =>
    config !== undefined && valueAt(config, pointerTo(path)) !== undefined;
  // What lacks a field is the deepest part of it that is there.
  let there = path;
  if (about === "missing") {
    there = path.slice(0, -1);
    while (!has(base, there) && !has(override, there)) {
      there = there.slice(0, -1);
    }
  }
  return {
    in: has(override, there) ? "entry" : "object",
    path,
    about: about === "unknown" ? "key" : "value",
  };
}
