import { hmac, isSame } from "./hmac.ts";
import type { Delivery, Verified } from "./webhook.ts";

/**
 * Verifies a delivery that is signed as Standard Webhooks has it:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @param secret `whsec_` and the key in base64; anything else is the key itself.
 */
export async function verifyStandardWebhook(
  { headers, body }: Delivery,
  secret: string,
): Promise<Verified | undefined> {
  const id = headers.get("webhook-id") ?? "";
  const timestamp = headers.get("webhook-timestamp") ?? "";
  const expected = await hmac(keyOf(secret), `${id}.${timestamp}.`, body);
  // While a secret is replaced there is a signature by each.
  const signatures = (headers.get("webhook-signature") ?? "").split(" ", 10);
  const signed = signatures
    .map((signature) => isSame(digestOf(signature), expected))
    .includes(true);
  if (!signed || !id || !/^\d{1,12}$/.test(timestamp)) return undefined;
  return { id, time: Number(timestamp) * 1000, signsBody: true };
}

function digestOf(signature: string): Uint8Array | undefined {
  return signature.startsWith("v1,")
    ? fromBase64(signature.slice(3))
    : undefined;
}

function keyOf(secret: string): Uint8Array | string {
  return secret.startsWith("whsec_")
    ? fromBase64(secret.slice("whsec_".length)) ?? secret
    : secret;
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}
