import { z } from "zod";

/** Facts about a device, as its agent reports them. */
export const Device = z.strictObject({
  os: z.string().optional().describe("`linux`, `darwin`, `windows`"),
  arch: z.string().optional().describe("`x86_64`, `aarch64`"),
  kernel: z.string().optional().describe("Release of the kernel"),
  hostname: z.string().optional(),
  addresses: z.array(z.string()).optional().describe(
    "IP addresses, loopback and link-local left out",
  ).meta({ "x-kubernetes-list-type": "atomic" }),
  agentVersion: z.string().optional(),
}).describe("Facts about the device");
export type Device = z.infer<typeof Device>;
