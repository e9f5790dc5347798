import { isRenewalDue, type Pki } from "./mod.ts";

/** How often it looks, in milliseconds: no timer runs for a year, and after a jump of the clock clients wait for it. */
const LOOK_MS = 60_000;

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
  /** Calls a function again and again. @default every minute */
  every?: (look: () => Promise<void>) => { stop(): void };
}

/** Replaces the serving certificate well before it ends, for as long as the server runs. */
export function keepCertificate(
  options: KeepCertificateOptions,
): { stop(): Promise<void> } {
  const { renew, use, now, onError, every = eachMinute } = options;
  let { renewAt } = options.pki;
  let looking: Promise<void> | undefined;
  const look = async () => {
    if (!isRenewalDue(renewAt, now())) return;
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

function eachMinute(look: () => void): { stop(): void } {
  const timer = setInterval(look, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}
