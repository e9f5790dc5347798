/** Exit code of a program that SIGINT ended, as shells count. */
const INTERRUPTED = 130;

/**
 * A signal that SIGINT, SIGTERM or `end()` aborts. A second one ends the process at
 * once: whoever asks twice does not want to wait for a clean end.
 */
export function shutdownSignal(): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const end = () =>
    controller.abort(new DOMException("asked to end", "AbortError"));
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(INTERRUPTED);
    end();
  };
  const names: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const name of names) Deno.addSignalListener(name, onSignal);
  return { signal: controller.signal, end };
}

/** Resolves once `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
