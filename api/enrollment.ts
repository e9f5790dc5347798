import { z } from "zod";
import { Device } from "./device.ts";
import { defineKind, type InferObject } from "./kind.ts";
import { Conditions, DnsLabel } from "./meta.ts";
import { PublicJwk } from "./plugin_entry.ts";

/** What a device sends to join; named by the SHA-256 of its signing key's RFC 7638 thumbprint input, in hex. */
export const Enrollment = defineKind({
  group: "edge.faros.sh",
  kind: "Enrollment",
  namespaced: true,
  shortNames: ["fenr"],
  description: "What a device sends to join, named by its key's hash",
  spec: z.strictObject({
    agent: DnsLabel.describe("Name that the device asks for"),
    registration: z.string().describe("Registration it joins by"),
    keys: z.strictObject({
      signing: PublicJwk,
      agreement: PublicJwk,
    }).describe("The device's public keys"),
    device: Device.optional(),
    joinProof: z.string().describe(
      "base64url HMAC-SHA256 of the claim's canonical JSON under the join token: it came from a holder of that Registration",
    ),
    proof: z.string().describe(
      "Compact JWS of the claim's canonical JSON by the signing key: the device holds it",
    ),
  }),
  status: z.strictObject({
    observedGeneration: z.int().optional(),
    agentUID: z.string().optional().describe("UID of the Agent it became"),
    credential: z.string().optional().describe(
      "JWS by the hub of a JWE to the agreement key: token, server, CA, hub URL and hub signing keys",
    ),
    conditions: Conditions.optional(),
  }),
  validations: [{
    rule: "self.spec == oldSelf.spec",
    message: "spec is immutable",
  }],
  columns: [
    { name: "Agent", type: "string", jsonPath: ".spec.agent" },
    {
      name: "Registration",
      type: "string",
      jsonPath: ".spec.registration",
    },
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
/** An Enrollment object. */
export type Enrollment = InferObject<typeof Enrollment>;
