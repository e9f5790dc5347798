/**
 * Previews one change, apart from the hub: with no network, no files, no
 * environment and no programs.
 *
 * @module
 */
import type { PullRequestPlan } from "../../gitops/forge/plan_pull_request.ts";
import { planPullRequest } from "./plan_pull_request.ts";
import type { PlanRequest } from "./plan_request.ts";

/** What the worker answers. */
export type PlanAnswer = { plan: PullRequestPlan } | { error: string };

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<PlanRequest>) => void;
  postMessage(answer: PlanAnswer): void;
};

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage({ plan: await planPullRequest(data) });
  } catch (error) {
    scope.postMessage({
      error: error instanceof Error ? error.message : String(error),
    });
  }
};
