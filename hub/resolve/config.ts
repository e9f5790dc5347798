/**
 * Config of plugins as people write it.
 *
 * @module
 */
import { parseDocument } from "yaml";
import { Problem } from "./problem.ts";

/** A config: JSON without undefined. */
export type Config = Record<string, unknown>;

/**
 * A config as an object: as it is, or from the YAML in a string.
 *
 * @param where Whose config it is, for errors.
 * @throws Problem ConfigInvalid
 */
export function parseConfig(
  config: Config | string | undefined,
  where: string,
): Config {
  let value: unknown = config ?? {};
  if (typeof config === "string") {
    const document = parseDocument(config, { prettyErrors: false });
    const error = document.errors[0];
    if (error) {
      const { line, column } = position(config, error.pos[0]);
      throw new Problem(
        "ConfigInvalid",
        `config of ${where} is not YAML: ${error.message} (line ${line}, column ${column} of the config)`,
      );
    }
    try {
      value = document.toJS() ?? {};
    } catch (error) {
      throw new Problem(
        "ConfigInvalid",
        `config of ${where} is not YAML: ${(error as Error).message}`,
      );
    }
  }
  if (!isConfig(value)) {
    throw new Problem(
      "ConfigInvalid",
      `config of ${where} is ${describe(value)}; it has to be a mapping`,
    );
  }
  checkJson(value, where, "config");
  return value;
}

/** `base` with `override` laid over: objects are merged field by field, all else is replaced. */
export function mergeConfig(base: Config, override: Config): Config {
  const merged: Config = { ...base };
  for (const [key, value] of Object.entries(override)) {
    const below = merged[key];
    merged[key] = isConfig(below) && isConfig(value)
      ? mergeConfig(below, value)
      : value;
  }
  return merged;
}

/** Whether a value is a mapping. */
export function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only what a Revision can hold and name by its hash gets further. */
function checkJson(value: unknown, where: string, path: string): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Problem(
      "ConfigInvalid",
      `config of ${where}: ${path} is ${value}, which JSON cannot hold`,
    );
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "__proto__") {
      throw new Problem(
        "ConfigInvalid",
        `config of ${where}: ${path} has a field __proto__, which is reserved`,
      );
    }
    checkJson(
      inner,
      where,
      Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`,
    );
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : `a ${typeof value}`;
}

function position(
  text: string,
  offset: number,
): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
