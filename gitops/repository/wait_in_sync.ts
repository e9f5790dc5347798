import { type Clock, LinkedSignal } from "../../kube/mod.ts";

/** A sync ended early, since a newer commit is there. */
export class Superseded extends Error {
  override name = "Superseded";
}

/** What a wait goes by, and what ends it. */
export interface WaitInSyncOptions {
  clock: Clock;
  signal: AbortSignal;
  /** A newer commit is there. */
  superseded: AbortSignal;
  /** Ends the wait before its time. */
  until?: Promise<void>;
}

/**
 * Waits so many milliseconds, or until `until`.
 *
 * @throws {Superseded}
 */
export async function waitInSync(
  ms: number,
  { clock, signal, superseded, until }: WaitInSyncOptions,
): Promise<void> {
  using link = new LinkedSignal(signal, superseded);
  const timer = clock.sleep(ms, link.signal);
  timer.catch(() => {});
  try {
    await (until ? Promise.race([timer, until]) : timer);
  } catch (error) {
    signal.throwIfAborted();
    if (superseded.aborted) throw new Superseded("A newer commit is there");
    throw error;
  } finally {
    link.abort();
  }
}
