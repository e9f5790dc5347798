import type { Clock } from "../../kube/clock.ts";
import { LinkedSignal } from "../../kube/linked_signal.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/** Restarts in the time of a probation that are forgiven: the port of the old one may not be free at once. */
const FORGIVEN = 2;

/**
 * Watches plugins that were just started, for `timeout` milliseconds.
 *
 * @returns What is wrong with one that is not healthy at the end; sooner where one has failed for good.
 */
export async function probation(
  ids: string[],
  options: {
    supervisor: Supervisor;
    timeout: number;
    clock: Clock;
    signal: AbortSignal;
  },
): Promise<string | undefined> {
  const { supervisor, timeout, clock, signal } = options;
  using watching = new LinkedSignal(signal);
  const failed = () =>
    ids.some((id) => supervisor.state(id)?.phase === "Failed");
  // One that was just started again has no error to tell; it had.
  const errors = new Map<string, string>();
  const unsubscribe = supervisor.onChange(() => {
    for (const id of ids) {
      const { message } = supervisor.state(id) ?? {};
      if (message) errors.set(id, message);
    }
    if (failed()) watching.abort();
  });
  try {
    if (!failed()) await clock.sleep(timeout, watching.signal);
  } catch {
    signal.throwIfAborted();
  } finally {
    unsubscribe();
  }
  for (const id of ids) {
    const state = supervisor.state(id);
    if (!state) continue;
    const error = state.message ?? errors.get(id);
    const why = error ? `: ${error}` : "";
    if (state.phase !== "Running") return `${id} is ${state.phase}${why}`;
    if ((state.restarts ?? 0) > FORGIVEN) {
      return `${id} was restarted ${state.restarts} times${why}`;
    }
  }
}
