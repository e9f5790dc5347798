import type { PullRequestPlan } from "../../gitops/forge/plan_pull_request.ts";
import type { PlanRequest } from "./plan_request.ts";
import { preview } from "./preview.ts";
import { countPreview, type PreviewCounts } from "./preview_result.ts";
import { renderers } from "./render/mod.ts";

/** Plans a pull request, and puts it into words. */
export async function planPullRequest(
  request: PlanRequest,
): Promise<PullRequestPlan> {
  const { base, head, catalogue, repository } = request;
  const short = (commit: string) => commit.slice(0, 12);
  const result = await preview({ base, head }, {
    catalogue,
    repository: repository.metadata.name,
    own: repository,
    folder: repository.spec.path?.replace(/^\.?\/+|\/+$/g, ""),
    // It is in a thread of its own already, which may start no other.
    threads: 1,
    names: { base: short(base.commit), head: short(head.commit) },
  });
  const counts = countPreview(result);
  const { objects, devices, problems, held } = result;
  return {
    markdown: renderers.markdown(result),
    ok: counts.errors === 0,
    summary: summary(counts, held.length),
    empty: [objects, devices, problems, held].every(({ length }) => !length),
  };
}

function summary(counts: PreviewCounts, held: number): string {
  const { errors, create, update, delete: removed, devices, restarting } =
    counts;
  const many = (n: number, what: string) =>
    `${n.toLocaleString("en-US")} ${what}${n === 1 ? "" : "s"}`;
  const objects = create + update + removed;
  const parts = [
    ...(errors ? [many(errors, "error")] : []),
    ...(objects ? [`${many(objects, "object")} changed`] : []),
    ...(devices ? [`${many(devices, "device")} changed`] : []),
    ...(restarting ? [`plugins restart on ${many(restarting, "device")}`] : []),
    ...(held ? ["deletions wait for approval"] : []),
  ];
  return parts.join(", ") || "nothing changes";
}
