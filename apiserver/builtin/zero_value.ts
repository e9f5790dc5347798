import type { JsonObject } from "../types.ts";
import published from "./zero_values.json" with { type: "json" };

const values: Record<string, JsonObject> = published;

/** What Go writes of an object of a resource in which nothing is set; undefined where that is nothing. */
export function zeroValue(
  { group, resource }: { group: string; resource: string },
): JsonObject | undefined {
  return values[`${group}/${resource}`];
}
