import { HUB_MANAGER } from "../../api/names.ts";
import { CustomResourceDefinition } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  type Clock,
  isNotFound,
  type WorkspaceAccess,
} from "../../kube/mod.ts";
import { compareProblems, type Problem } from "../manifest/problem.ts";
import type { Change, Plan } from "../plan/plan.ts";
import { apiProblems, reasonOf } from "./api_problem.ts";
import { applyChange } from "./apply_change.ts";
import { forEachLimited } from "./for_each_limited.ts";
import { byStage } from "./order.ts";

/** Options of {@linkcode applyPlan}. */
export interface ApplyPlanOptions {
  access: WorkspaceAccess;
  commit: string;
  clock: Clock;
  /** Requests under way at a time. @default {8} */
  concurrency?: number;
  signal?: AbortSignal;
}

/** What became of a plan. */
export interface ApplyResult {
  created: number;
  updated: number;
  deleted: number;
  unchanged: number;
  problems: Problem[];
  /** Objects as the server has them now, by key, of those that were written. */
  applied: Map<string, KubeObject>;
}

/** How long a CRD may take until it is served, in milliseconds. */
const ESTABLISH_TIMEOUT = 30_000;

/**
 * Carries a plan out: in the order in which kinds depend on each other, in
 * parallel within. One object that is refused stops no other, but nothing is
 * deleted then: what replaces it may be what was refused.
 */
export async function applyPlan(
  plan: Plan,
  options: ApplyPlanOptions,
): Promise<ApplyResult> {
  const { access, concurrency = 8, signal } = options;
  const result: ApplyResult = {
    created: 0,
    updated: 0,
    deleted: 0,
    unchanged: plan.unchanged.length,
    problems: plan.conflicts.map(({ manifest, owner }) => ({
      file: manifest.file,
      line: manifest.line,
      column: manifest.column,
      message: `${manifest.object.kind} ${manifest.object.metadata.name} is ${
        owner === HUB_MANAGER
          ? "made by the hub itself; give yours another name, or remove it here"
          : `kept by another Repository (apply set ${owner}); remove it there first`
      }`,
    })),
    applied: new Map(),
  };
  const changes = [...plan.create, ...plan.update];
  for (const stage of byStage(changes, (c) => c.manifest.resource)) {
    await forEachLimited(stage, concurrency, async (change) => {
      signal?.throwIfAborted();
      try {
        result.applied.set(change.key, await applyChange(change, options));
        if (change.live) result.updated++;
        else result.created++;
      } catch (error) {
        signal?.throwIfAborted();
        result.problems.push(...apiProblems(error, change.manifest));
      }
    });
    await untilEstablished(stage, { ...options, result });
  }
  if (result.problems.length === 0) {
    const stages = byStage(plan.delete, (r) => r.resource).reverse();
    for (const stage of stages) {
      await forEachLimited(stage, concurrency, async (removal) => {
        signal?.throwIfAborted();
        const { resource, object } = removal;
        const { name, namespace, uid } = object.metadata;
        try {
          await access.client.delete(resource, name, {
            namespace,
            uid,
            ignoreNotFound: true,
            propagationPolicy: "Background",
            signal,
          });
          result.deleted++;
        } catch (error) {
          signal?.throwIfAborted();
          result.problems.push({
            file: `${resource.kind} ${name}`,
            message: `Cannot delete it, which left the repository: ${
              reasonOf(error)
            }`,
          });
        }
      });
    }
  }
  result.problems.sort(compareProblems);
  return result;
}

/** Waits until the CRDs of a stage are served. */
async function untilEstablished(
  stage: Change[],
  options: ApplyPlanOptions & { result: ApplyResult },
): Promise<void> {
  const { access: { client }, clock, result, signal } = options;
  const crds = stage.filter((change) =>
    change.manifest.resource.kind === CustomResourceDefinition.kind &&
    result.applied.has(change.key)
  );
  if (crds.length === 0) return;
  await Promise.all(crds.map(async (change) => {
    const { name } = change.object.metadata;
    const deadline = clock.now() + ESTABLISH_TIMEOUT;
    while (!await isEstablished(name)) {
      if (clock.now() > deadline) {
        const { file, line, column } = change.manifest;
        result.problems.push({
          file,
          line,
          column,
          message: `CustomResourceDefinition ${name} is not served after ${
            ESTABLISH_TIMEOUT / 1000
          } s`,
        });
        return;
      }
      await clock.sleep(100, signal);
    }
  }));
  client.discovery.invalidate();

  async function isEstablished(name: string): Promise<boolean> {
    try {
      const crd = await client.get<
        KubeObject & {
          status?: { conditions?: { type: string; status: string }[] };
        }
      >(CustomResourceDefinition, name, { signal });
      return !!crd.status?.conditions?.some((c) =>
        c.type === "Established" && c.status === "True"
      );
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}
