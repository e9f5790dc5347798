/** Runs in a thread of its own: one that computes without end cannot end itself. */
const THREAD = `
self.onmessage = ({ data: { ms, text } }) => setTimeout(() => {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
  Deno.kill(Deno.pid, "SIGKILL");
}, ms);
`;

/**
 * Kills this process after a time, even where its main thread is busy: a
 * pattern of a schema, say, can keep it so for years. Disposing of it calls it
 * off.
 *
 * @param ms Milliseconds.
 * @param text What is written to standard error before.
 */
export function startWatchdog(ms: number, text: string): Disposable {
  const worker = new Worker(
    `data:text/javascript,${encodeURIComponent(THREAD)}`,
    { type: "module", name: "watchdog" },
  );
  worker.postMessage({ ms, text });
  return { [Symbol.dispose]: () => worker.terminate() };
}
