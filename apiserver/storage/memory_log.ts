import type { Log, LogState } from "./log.ts";

/** A log that keeps nothing: state lives in the watch cache alone and ends with the process. */
export class MemoryLog implements Log {
  open(): Promise<LogState> {
    return Promise.resolve({ compacted: 0, instance: crypto.randomUUID() });
  }

  append(): Promise<void> {
    return Promise.resolve();
  }

  compact(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
