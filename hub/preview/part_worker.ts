/// <reference lib="deno.worker" />
/**
 * A thread of {@linkcode preview}: one part, and its answer.
 *
 * @module
 */
import type { PartAnswer, PartTask } from "./part_thread.ts";
import { previewPart } from "./preview_part.ts";

const answer = (message: PartAnswer) => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<PartTask>) => {
  try {
    answer({ part: await previewPart(data.trees, data.options) });
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
};
