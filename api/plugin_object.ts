import { z } from "zod";
import { defineKind } from "./kind.ts";
import { Conditions } from "./meta.ts";
import { PluginConfig } from "./plugin_entry.ts";

/** Defines a kind of plugin object: a type and the config that agents share. */
export function definePluginObject(
  options: {
    kind: string;
    shortNames: string[];
    description: string;
    plural?: string;
  },
) {
  return defineKind({
    group: "plugins.faros.sh",
    kind: options.kind,
    plural: options.plural,
    namespaced: true,
    shortNames: options.shortNames,
    description: options.description,
    spec: z.strictObject({
      type: z.string().min(1).describe(
        "Which plugin serves it: one enabled in the workspace whose `provides` has this kind and type",
      ),
      config: PluginConfig.optional(),
    }),
    status: z.strictObject({
      observedGeneration: z.int().optional(),
      conditions: Conditions.optional(),
    }),
    columns: [
      { name: "Type", type: "string", jsonPath: ".spec.type" },
      {
        name: "Ready",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      },
      {
        name: "Reason",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    ],
  });
}
