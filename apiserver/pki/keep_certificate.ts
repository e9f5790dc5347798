import type { Pki } from "./mod.ts";

/** How often it looks, in milliseconds: clocks jump, and no timer runs for a year. */
const LOOK_MS = 3_600_000;

/** Options of {@linkcode keepCertificate}. */
export interface KeepCertificateOptions {
  /** What is served with now. */
  pki: Pki;
  renew(): Promise<Pki>;
  /** Serves with another one from now on. */
  use(pki: Pki): Promise<void>;
  now: () => Date;
  /** Told of a renewal that failed; the next look tries again. */
  onError(error: unknown): void;
  /** Calls a function again and again. @default every hour */
  every?: (look: () => Promise<void>) => { stop(): void };
}

/** Replaces the serving certificate well before it ends, for as long as the server runs. */
export function keepCertificate(
  options: KeepCertificateOptions,
): { stop(): Promise<void> } {
  const { renew, use, now, onError, every = hourly } = options;
  let { renewAt } = options.pki;
  let looking: Promise<void> | undefined;
  const look = async () => {
    if (now() < renewAt) return;
    try {
      const pki = await renew();
      await use(pki);
      renewAt = pki.renewAt;
    } catch (error) {
      onError(error);
    }
  };
  const timer = every(() =>
    looking ??= look().finally(() => looking = undefined)
  );
  return {
    async stop() {
      timer.stop();
      await looking;
    },
  };
}

function hourly(look: () => void): { stop(): void } {
  const timer = setInterval(look, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}
