import type { PreviewPart, PreviewPartOptions } from "./preview_part.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";

/** What a thread is to do. */
export interface PartTask {
  trees: { base: SourceTree; head: SourceTree };
  options: PreviewPartOptions;
}

/** What a thread answers. */
export type PartAnswer = { part: PreviewPart } | { error: string };

/**
 * A thread for a part of a plan. It loads its code as soon as it is made, which
 * takes as long as a small plan: who makes it before the trees are read has it
 * ready when they are.
 */
export class PartThread implements Disposable {
  readonly #worker = new Worker(new URL("./part_worker.ts", import.meta.url), {
    type: "module",
    name: "faros-plan-part",
  });

  /** Does a task, and ends with it, or by the signal. */
  async run(
    task: PartTask,
    signal: AbortSignal | undefined,
  ): Promise<PreviewPart> {
    const answer = Promise.withResolvers<PreviewPart>();
    const onAbort = () => answer.reject(signal!.reason);
    const worker = this.#worker;
    worker.onmessage = ({ data }: MessageEvent<PartAnswer>) => {
      if ("part" in data) answer.resolve(data.part);
      else answer.reject(new Error(data.error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      answer.reject(new Error(`Cannot plan a part of it: ${event.message}`));
    };
    try {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", onAbort, { once: true });
      worker.postMessage(task);
      return await answer.promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      worker.terminate();
    }
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

/** One that is ready when the trees are; none where there is but one processor. */
export function spareThread(): PartThread | undefined {
  return navigator.hardwareConcurrency > 1 ? new PartThread() : undefined;
}
