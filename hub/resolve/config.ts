/**
 * Config of plugins as people write it.
 *
 * @module
 */
import { parseDocument } from "yaml";
import { documentValue } from "../../gitops/manifest/document_value.ts";
import { nodeProblems } from "../../gitops/manifest/node_problems.ts";
import {
  hasTooManyValues,
  TOO_MANY_VALUES,
} from "../../gitops/manifest/too_many_values.ts";
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
    if (hasTooManyValues(config)) {
      throw new Problem(
        "ConfigInvalid",
        `config of ${where}: ${TOO_MANY_VALUES}`,
      );
    }
    const document = parseDocument(config, {
      prettyErrors: false,
      // Looked for below: the library compares each key with each.
      uniqueKeys: false,
    });
    const [error] = document.errors;
    const found = error
      ? { offset: error.pos[0], message: error.message }
      : nodeProblems(document)[0];
    if (found) {
      const { line, column } = position(config, found.offset);
      throw new Problem(
        "ConfigInvalid",
        `config of ${where} is not YAML: ${found.message} (line ${line}, column ${column} of the config)`,
      );
    }
    value = documentValue(document) ?? {};
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
