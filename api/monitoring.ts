import type { InferObject } from "./kind.ts";
import { definePluginObject } from "./plugin_object.ts";

/** What is measured on devices. */
export const Monitoring = definePluginObject({
  kind: "Monitoring",
  shortNames: ["fmon"],
  description: "What is measured on devices",
});
/** A Monitoring object. */
export type Monitoring = InferObject<typeof Monitoring>;
