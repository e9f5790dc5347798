import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Work of a process that may lose its right to write, without noticing at
 * once: a leader that was stopped for a while (a debugger, a frozen container,
 * a machine that slept) wakes up in the middle of a reconcile and goes on,
 * while another has taken over.
 *
 * The fence goes with all that `work` begins, so that no client of it can be
 * forgotten: whatever writes by a {@linkcode createRestClient} asks it first.
 */
const fences = new AsyncLocalStorage<() => boolean>();

/** The right to write has gone. */
export class Fenced extends Error {
  override name = "Fenced";
}

/**
 * Runs `work`, all of whose writes to a Kubernetes API are refused as soon as
 * `mayWrite` says no.
 */
export function runFenced<T>(mayWrite: () => boolean, work: () => T): T {
  return fences.run(mayWrite, work);
}

/** @throws {Fenced} where this is fenced work that may not write any more */
export function checkFence(what: string): void {
  const mayWrite = fences.getStore();
  if (!mayWrite || mayWrite()) return;
  throw new Fenced(
    `Cannot ${what}: this process was the leader, and its Lease has ended`,
  );
}
