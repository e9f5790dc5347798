import { CustomResourceDefinition } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  type Clock,
  isNotFound,
  type WorkspaceAccess,
} from "../../kube/mod.ts";
import { compareProblems, type Problem } from "../manifest/problem.ts";
import { ADOPT_ANNOTATION } from "../plan/ownership.ts";
import type { Change, Conflict, Plan } from "../plan/plan.ts";
import { apiProblems } from "./api_problem.ts";
import { applyChange } from "./apply_change.ts";
import { forEachLimited } from "./for_each_limited.ts";
import { Limiter } from "./limiter.ts";
import { byStage } from "./order.ts";

/** Options of {@linkcode applyPlan}. */
export interface ApplyPlanOptions {
  access: WorkspaceAccess;
  commit: string;
  clock: Clock;
  /** Called before each object that is written. */
  onWrite?: (change: Change) => void;
  /** Called with what became of it: as the server has it now; nothing where it failed. */
  onWritten?: (change: Change, applied: KubeObject | undefined) => void;
  /** Lets so many objects be written at a time. @default 32 of this plan */
  writes?: Limiter;
  signal?: AbortSignal;
}

/** What became of what a plan creates and updates. */
export interface ApplyResult {
  created: number;
  updated: number;
  unchanged: number;
  problems: Problem[];
}

/** How long a CRD may take until it is served, in milliseconds. */
const ESTABLISH_TIMEOUT = 30_000;

/**
 * Creates and updates what a plan says: in the order in which kinds depend on
 * each other, in parallel within. One object that is refused stops no other.
 */
export async function applyPlan(
  plan: Plan,
  options: ApplyPlanOptions,
): Promise<ApplyResult> {
  const { writes = new Limiter(), onWrite, onWritten, signal } = options;
  const result: ApplyResult = {
    created: 0,
    updated: 0,
    unchanged: plan.unchanged.length,
    problems: plan.conflicts.map(conflictProblem),
  };
  const changes = [...plan.create, ...plan.update];
  for (const stage of byStage(changes, (c) => c.manifest.resource)) {
    const crds: Change[] = [];
    await forEachLimited(
      stage,
      writes.limit,
      (change) =>
        writes.run(async () => {
          signal?.throwIfAborted();
          onWrite?.(change);
          let applied: KubeObject | undefined;
          try {
            applied = await applyChange(change, options);
            if (change.live) result.updated++;
            else result.created++;
            if (isCrd(change)) crds.push(change);
          } catch (error) {
            signal?.throwIfAborted();
            result.problems.push(...apiProblems(error, change.manifest));
          } finally {
            onWritten?.(change, applied);
          }
        }),
    );
    await untilEstablished(crds, { ...options, result });
  }
  result.problems.sort(compareProblems);
  return result;
}

function conflictProblem({ manifest, owner }: Conflict): Problem {
  const { file, line, column, object } = manifest;
  const what = `${object.kind} ${object.metadata.name}`;
  return {
    file,
    line,
    column,
    message: owner.adoptable
      ? `Cannot apply ${what}: ${owner.name} keeps it; remove it there, or here, or take it over by the annotation ${ADOPT_ANNOTATION}: "true"`
      : `Cannot apply ${what}: it is made by ${owner.name} itself; give yours another name, or remove it here`,
  };
}

function isCrd({ manifest: { resource } }: Change): boolean {
  return resource.kind === CustomResourceDefinition.kind;
}

/** Waits until CRDs are served. */
async function untilEstablished(
  crds: Change[],
  options: ApplyPlanOptions & { result: ApplyResult },
): Promise<void> {
  const { access: { client }, clock, result, signal } = options;
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
