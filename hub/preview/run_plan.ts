import type { PullRequestPlan } from "../../gitops/forge/plan_pull_request.ts";
import type { PlanRequest } from "./plan_request.ts";
import type { PlanAnswer } from "./preview_worker.ts";

/** Bytes of text that are planned, of both sides. */
const MAX_BYTES = 32 << 20;
/** Files of one side. */
const MAX_FILES = 20_000;
/** Longest time, in milliseconds. */
const TIMEOUT = 120_000;

/** A pull request that cannot be planned, for reasons of its own. */
export class PlanError extends Error {
  override name = "PlanError";
}

/**
 * Plans a pull request in a Worker of its own, which may do nothing but
 * compute, and is ended where that takes too long: what it brings is hostile.
 *
 * @throws {PlanError}
 */
export async function runPlan(
  request: PlanRequest,
  options: { timeout?: number; signal?: AbortSignal } = {},
): Promise<PullRequestPlan> {
  const { timeout = TIMEOUT, signal } = options;
  checkSize(request);
  const worker = new Worker(
    new URL("./preview_worker.ts", import.meta.url),
    {
      type: "module",
      name: "faros-plan",
      // The YAML parser looks for these two.
      deno: { permissions: { env: ["LOG_TOKENS", "LOG_STREAM"] } },
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<PullRequestPlan>();
  const timer = setTimeout(
    () => reject(new PlanError(`it took longer than ${timeout / 1000} s`)),
    timeout,
  );
  const onAbort = () => reject(signal!.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  worker.onmessage = ({ data }: MessageEvent<PlanAnswer>) =>
    "plan" in data ? resolve(data.plan) : reject(new PlanError(data.error));
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new PlanError(event.message));
  };
  try {
    signal?.throwIfAborted();
    worker.postMessage(request);
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    worker.terminate();
  }
}

function checkSize({ base, head }: PlanRequest): void {
  const files = Math.max(base.files.length, head.files.length);
  if (files > MAX_FILES) {
    throw new PlanError(
      `it has ${files} files, and ${MAX_FILES} are planned here; run 'faros plan' in the forge's CI`,
    );
  }
  let bytes = 0;
  for (const { text } of [...base.files, ...head.files]) bytes += text.length;
  if (bytes > MAX_BYTES) {
    throw new PlanError(
      `it has ${bytes >> 20} MiB, and ${
        MAX_BYTES >> 20
      } are planned here; run 'faros plan' in the forge's CI`,
    );
  }
}
