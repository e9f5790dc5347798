import { safeParse } from "zod/v4/core";
import type * as core from "zod/v4/core";
import type { Plugin, PluginOptions } from "./types.ts";

/** A config that the plugin cannot work with: no restart helps. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * Defines a plugin. Nothing happens until it is run.
 *
 * @example
 * ```ts
 * export default definePlugin({
 *   name: "hello",
 *   version: "1.0.0",
 *   description: "Says hello",
 *   provides: [{ kind: "Notification", type: "hello" }],
 *   config: z.strictObject({ greeting: z.string() }),
 *   async run(ctx) {
 *     ctx.status({ said: ctx.config.greeting });
 *     await aborted(ctx.signal);
 *   },
 * });
 * ```
 */
export function definePlugin<Schema extends core.$ZodType, State = undefined>(
  options: PluginOptions<Schema, State>,
): Plugin<Schema, State> {
  return {
    ...options,
    sdk: 1,
    parseConfig(value) {
      const result = safeParse(options.config, value);
      if (result.success) return result.data;
      const issues = result.error.issues.map((issue) =>
        `${["config", ...issue.path].join(".")}: ${explain(issue)}`
      );
      throw new ConfigError(
        `Cannot use the config of plugin ${options.name}: ${issues.join("; ")}`,
      );
    },
  };
}

/** zod/mini has no texts of its own, to be small. */
function explain(issue: core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.message === "Invalid input"
        ? `must be ${issue.expected}`
        : issue.message;
    case "unrecognized_keys":
      return `has no field ${issue.keys.join(", ")}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    default:
      return issue.message;
  }
}
