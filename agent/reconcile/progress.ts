import { z } from "zod";
import { Assignment } from "../../api/agent.ts";
import type { StateFolder } from "../state/state_folder.ts";

const FILE = "progress.json";

const Progress = z.object({
  /** Accepted last: what the device is to do. */
  assignment: Assignment.optional(),
  /** The last Revision that was healthy. */
  good: z.object({ revision: z.string(), counter: z.int() }).optional(),
  /** A switch that has not been found healthy yet, and how many times the agent has started amid it. */
  trial: z.object({ counter: z.int(), starts: z.int() }).optional(),
  /** An assignment that did not work, and why. */
  failed: z.object({
    counter: z.int(),
    reason: z.string(),
    message: z.string(),
  }).optional(),
});

/** How far a device has come. One file, written whole before what it says is acted on. */
export type Progress = z.infer<typeof Progress>;

/** The progress on disk. */
export async function loadProgress(state: StateFolder): Promise<Progress> {
  return await state.readJson(FILE, Progress) ?? {};
}

/** Keeps the progress. */
export async function saveProgress(
  state: StateFolder,
  progress: Progress,
): Promise<void> {
  await state.writeJson(FILE, progress);
}
