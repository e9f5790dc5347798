import type { InferObject } from "./kind.ts";
import { definePluginObject } from "./plugin_object.ts";

/** How devices are connected, such as a WireGuard network. */
export const Network = definePluginObject({
  kind: "Network",
  shortNames: ["fnet"],
  description: "How devices are connected, such as a WireGuard network",
});
/** A Network object. */
export type Network = InferObject<typeof Network>;
