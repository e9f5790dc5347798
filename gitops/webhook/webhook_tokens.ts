import type { Clock, KubeClient } from "../../kube/mod.ts";
import { readSystemSecret } from "../repository/read_secret.ts";

/** How long what a Secret holds is taken for true, in milliseconds. */
const FRESH = 2000;
/** Secrets that are remembered. */
const MAX = 1000;

/**
 * Tokens of webhooks, of their Secrets. They are asked for by whoever calls,
 * so what was read is kept for a moment: strangers are not to keep the
 * Kubernetes API busy.
 */
export class WebhookTokens {
  readonly #client: KubeClient;
  readonly #clock: Pick<Clock, "now">;
  readonly #signal: AbortSignal;
  readonly #known = new Map<
    string,
    { at: number; token: Promise<string | undefined> }
  >();

  constructor(
    options: {
      client: KubeClient;
      clock: Pick<Clock, "now">;
      signal: AbortSignal;
    },
  ) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#signal = options.signal;
  }

  /** The token that a Secret holds; nothing where it is empty: that would let everybody in. */
  get(secret: string): Promise<string | undefined> {
    const now = this.#clock.now();
    const known = this.#known.get(secret);
    if (known && now - known.at < FRESH) return known.token;
    const token = this.#read(secret);
    this.#known.delete(secret);
    this.#known.set(secret, { at: now, token });
    for (const name of this.#known.keys()) {
      if (this.#known.size <= MAX) break;
      this.#known.delete(name);
    }
    // What could not be read is read again.
    token.catch(() => this.#known.delete(secret));
    return token;
  }

  async #read(secret: string): Promise<string | undefined> {
    const data = await readSystemSecret(secret, {
      client: this.#client,
      signal: this.#signal,
    });
    return data?.token?.trim() || undefined;
  }
}
