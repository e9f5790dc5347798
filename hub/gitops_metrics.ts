import type { Repository } from "../api/repository.ts";
import type { StageObserver } from "../gitops/mod.ts";
import type { Clock } from "../kube/clock.ts";
import { getCondition } from "../kube/conditions.ts";
import type { HubMetrics } from "./metrics.ts";

const DURATION = "faros_gitops_stage_duration_seconds";
const STAGES = "faros_gitops_stages_total";
const OBJECTS = "faros_gitops_objects_total";
const LAST = "faros_gitops_last_success_timestamp_seconds";
/** Upper bounds, in seconds: from one object put back to a first sync of a large fleet. */
const BUCKETS = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300];

/**
 * Metrics of every stage of GitOps, by Repository, and of what Repositories'
 * statuses say. `docs/gitops.md` lists them.
 */
export function gitOpsMetrics(
  metrics: HubMetrics,
  { clock, repositories }: { clock: Clock; repositories: () => Repository[] },
): StageObserver {
  metrics.define(DURATION, {
    help: "Time that stages of GitOps took, by Repository",
    type: "histogram",
  });
  metrics.define(STAGES, {
    help: "Stages of GitOps by Repository and how they ended",
    type: "counter",
  });
  metrics.define(OBJECTS, {
    help: "What syncs did with objects, by Repository",
    type: "counter",
  });
  const last = new Map<string, Map<string, number>>();
  metrics.gauge(LAST, {
    help: "When a stage of GitOps succeeded last, in seconds since 1970",
    read: () =>
      [...last].flatMap(([repository, stages]) =>
        [...stages].map(([stage, value]) => ({
          labels: { repository, stage },
          value,
        }))
      ),
  });
  ofStatuses(metrics, repositories);
  return {
    stage({ repository, stage, milliseconds, ok }) {
      const labels = { repository, stage };
      const result = ok ? "success" : "failure";
      metrics.count(STAGES, { ...labels, result });
      metrics.observe(DURATION, milliseconds / 1000, {
        labels,
        buckets: BUCKETS,
      });
      if (!ok) return;
      let stages = last.get(repository);
      if (!stages) last.set(repository, stages = new Map());
      stages.set(stage, clock.now() / 1000);
    },
    objects(repository, counts) {
      for (const [change, by] of Object.entries(counts)) {
        metrics.count(OBJECTS, { repository, change }, by);
      }
    },
    forget(repository) {
      last.delete(repository);
      for (const name of [DURATION, STAGES, OBJECTS]) {
        metrics.forget(name, { repository });
      }
    },
  };
}

/** What can be read from each replica. */
function ofStatuses(
  metrics: HubMetrics,
  repositories: () => Repository[],
): void {
  metrics.gauge("faros_repository_ready", {
    help: "Whether the condition Ready of a Repository is True",
    read: () =>
      repositories().map(({ metadata, status }) => ({
        labels: { repository: metadata.name },
        value: getCondition(status?.conditions, "Ready")?.status === "True"
          ? 1
          : 0,
      })),
  });
  metrics.gauge("faros_repository_suspended", {
    help: "Whether a Repository is suspended",
    read: () =>
      repositories().map(({ metadata, spec }) => ({
        labels: { repository: metadata.name },
        value: spec.suspend ? 1 : 0,
      })),
  });
  metrics.gauge("faros_repository_devices", {
    help:
      "Devices of a Repository's workspaces: all, those that run what is asked of them, those that are offline",
    read: () =>
      repositories().flatMap(({ metadata: { name: repository }, status }) =>
        Object.entries(status?.devices ?? {}).map(([state, value]) => ({
          labels: { repository, state },
          value,
        }))
      ),
  });
}
