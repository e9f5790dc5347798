/**
 * What the forges' webhooks have in common: a delivery, whether its sender
 * holds the secret, and what it says.
 *
 * @module
 */

/** A request to the webhook of a Repository. */
export interface Delivery {
  headers: Headers;
  /** As it came: signatures are over these bytes. */
  body: Uint8Array;
}

/** A delivery whose sender holds the secret. */
export interface Verified {
  /** The sender's own name of the delivery; no signature covers it but where `time` is there. */
  id?: string | undefined;
  /** Whether a signature covers the body, so that the same again is a repeat whatever its `id`. */
  signsBody: boolean;
  /** When it was signed, in milliseconds since 1970, where the signature covers that. */
  time?: number;
}

/** What a delivery is about; nothing else of it is used. */
export type WebhookEvent =
  /** Refs by their full names; none where it does not say which. */
  | { kind: "push"; refs?: string[] }
  | { kind: "pull-request" }
  /** Sent when somebody sets it up. */
  | { kind: "ping" }
  | { kind: "other" };

/** A kind of sender. */
export interface WebhookSender {
  /** Whether the sender holds the secret: what it says of itself, or nothing. */
  verify(delivery: Delivery, secret: string): Promise<Verified | undefined>;
  /** What a delivery says; whatever its body holds. */
  read(delivery: Delivery): WebhookEvent;
}
