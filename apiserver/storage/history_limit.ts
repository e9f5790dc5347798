/** How much history to keep. */
export interface HistoryLimits {
  /** Changes. */
  changes: number;
  /** Bytes of their objects. */
  bytes: number;
}

/** Segments that the bytes of a full history are counted in. */
const SEGMENTS = 16;

/** Decides up to where history is forgotten: by the number of changes, and by their size. */
export class HistoryLimit {
  #limits: HistoryLimits;
  /** Bytes of history, in pieces: each up to and including a resourceVersion. */
  #segments: { upTo: number; bytes: number }[] = [];
  #bytes = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  /** Counts a change. */
  add(resourceVersion: number, bytes: number): void {
    const last = this.#segments.at(-1);
    if (last && last.bytes < this.#limits.bytes / SEGMENTS) {
      last.upTo = resourceVersion;
      last.bytes += bytes;
    } else this.#segments.push({ upTo: resourceVersion, bytes });
    this.#bytes += bytes;
  }

  /**
   * The resourceVersion to compact to; undefined while there is not half as much again as should be kept, since each
   * compaction costs.
   */
  target(
    { committed, compacted }: { committed: number; compacted: number },
  ): number | undefined {
    const { changes, bytes } = this.#limits;
    if (this.#bytes > bytes * 1.5) {
      let kept = this.#bytes;
      for (const segment of this.#segments) {
        kept -= segment.bytes;
        if (kept <= bytes) return Math.max(segment.upTo, committed - changes);
      }
    }
    const target = committed - changes;
    return target >= compacted + changes / 2 ? target : undefined;
  }

  /** Takes note of what was forgotten. */
  compacted(upTo: number): void {
    while (this.#segments[0] && this.#segments[0].upTo <= upTo) {
      this.#bytes -= this.#segments.shift()!.bytes;
    }
  }
}
