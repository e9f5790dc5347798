import assert from "node:assert/strict";
import type { Repository } from "../api/repository.ts";
import { FakeClock } from "../kube/clock.ts";
import { gitOpsMetrics } from "./gitops_metrics.ts";
import { HubMetrics } from "./metrics.ts";

const fleet = {
  apiVersion: "gitops.faros.sh/v1alpha1",
  kind: "Repository",
  metadata: { name: "fleet" },
  spec: { url: "/srv/fleet.git", suspend: true },
  status: {
    devices: { total: 4, converged: 3, offline: 1 },
    conditions: [{ type: "Ready", status: "True" }],
  },
} as unknown as Repository;

Deno.test("gitOpsMetrics() counts and times each stage of a Repository, until it is gone", () => {
  const metrics = new HubMetrics();
  const clock = new FakeClock();
  const stages = gitOpsMetrics(metrics, { clock, repositories: () => [fleet] });
  const at = (milliseconds: number, ok: boolean, repository = "fleet") =>
    stages.stage({ repository, stage: "apply", milliseconds, ok });
  at(20, true);
  at(2000, false);
  at(30, true, "other");
  const unchanged = { unchanged: 5, suspended: 0, restored: 0 };
  stages.objects("fleet", {
    created: 2,
    updated: 1,
    deleted: 0,
    ...unchanged,
  });
  const has = (...lines: string[]) => {
    const text = metrics.text().split("\n");
    for (const line of lines) {
      assert.ok(text.includes(line), `${line} in:\n${text.join("\n")}`);
    }
  };
  const of = 'repository="fleet",stage="apply"';
  has(
    `faros_gitops_stages_total{${of},result="success"} 1`,
    `faros_gitops_stages_total{${of},result="failure"} 1`,
    `faros_gitops_stage_duration_seconds_bucket{${of},le="0.05"} 1`,
    `faros_gitops_stage_duration_seconds_bucket{${of},le="5"} 2`,
    `faros_gitops_stage_duration_seconds_bucket{${of},le="+Inf"} 2`,
    `faros_gitops_stage_duration_seconds_sum{${of}} 2.02`,
    `faros_gitops_stage_duration_seconds_count{${of}} 2`,
    `faros_gitops_last_success_timestamp_seconds{${of}} ${clock.now() / 1000}`,
    'faros_gitops_objects_total{repository="fleet",change="created"} 2',
    'faros_repository_ready{repository="fleet"} 1',
    'faros_repository_suspended{repository="fleet"} 1',
    'faros_repository_devices{repository="fleet",state="converged"} 3',
  );
  stages.forget("fleet");
  assert.doesNotMatch(metrics.text(), /gitops.*repository="fleet"/);
  has(
    'faros_gitops_stages_total{repository="other",stage="apply",result="success"} 1',
  );
});
