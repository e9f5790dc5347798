import type { InferObject } from "./kind.ts";
import { definePluginObject } from "./plugin_object.ts";

/** What runs containers on devices. */
export const ContainerRuntime = definePluginObject({
  kind: "ContainerRuntime",
  shortNames: ["fcr"],
  description: "What runs containers on devices",
});
/** A ContainerRuntime object. */
export type ContainerRuntime = InferObject<typeof ContainerRuntime>;
