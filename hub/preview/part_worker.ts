/// <reference lib="deno.worker" />
/**
 * A thread of {@linkcode preview}: one part, and its answer.
 *
 * @module
 */
import type { SourceTree } from "../../gitops/source/read_tree.ts";
import type { WorkerAnswer } from "./preview.ts";
import { previewPart, type PreviewPartOptions } from "./preview_part.ts";

interface Task {
  trees: { base: SourceTree; head: SourceTree };
  options: PreviewPartOptions;
}

const answer = (message: WorkerAnswer) => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<Task>) => {
  try {
    answer({ part: await previewPart(data.trees, data.options) });
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
};
