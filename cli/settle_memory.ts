/** Bytes of a heap that takes longer to look through than what is gained is worth: a tenth of a second for each 20 MB. */
const LARGEST = 40 << 20;

/**
 * Gives back, once, what only the start of a long-running program needed: some 10 MB, which V8 itself looks for no
 * earlier than when there is as much again. The main thread stands still for a tenth of a second or two.
 */
export function settleMemory(
  { afterMs = 1000 }: {
    /** Milliseconds from now until the start is over. @default {1000} */
    afterMs?: number;
  } = {},
): void {
  const timer = setTimeout(() => {
    if (Deno.memoryUsage().heapUsed < LARGEST) collect();
  }, afterMs);
  Deno.unrefTimer(timer);
}

async function collect(): Promise<void> {
  try {
    const { setFlagsFromString } = await import("node:v8");
    const { runInNewContext } = await import("node:vm");
    // Neither a flag of the process nor a global: plugins have no use for it.
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc");
    setFlagsFromString("--no-expose-gc");
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
  } catch {
    // An older runtime has no such thing; then it stays as it is.
  }
}
