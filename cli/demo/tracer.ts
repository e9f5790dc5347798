import { Agent } from "../../api/agent.ts";
import { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/client.ts";
import { createInformer } from "../../kube/informer.ts";
import { describeAgent, isConverged } from "./convergence.ts";

/** Where on its way a commit is. */
export type Stage = "fetched" | "applied" | "revision" | "device";

/** A commit reached a stage. */
export interface Step {
  stage: Stage;
  /** Milliseconds since 1970 when it was seen. */
  at: number;
  /** `factory-a/press-1`, for the stages of a device. */
  agent?: string;
  /** What is new there. */
  revision?: string;
}

/** Options of {@linkcode Tracer.follow}. */
export interface FollowOptions {
  /** The agents that the commit changes, as `workspace/name`. */
  agents: readonly string[];
  /** Milliseconds until it gives up. */
  timeout: number;
  signal?: AbortSignal;
  /** Gets each step as it is seen. */
  onStep: (step: Step) => void;
}

/** Follows commits by what the API says, as anybody could. */
export interface Tracer {
  /**
   * Resolves once the commit is applied and each of the agents runs another
   * revision than it did when this was called: call it before the push.
   */
  follow(commit: string, options: FollowOptions): Promise<Step[]>;
}

/** Starts to watch the Repository `name` and all agents; `signal` ends it. */
export async function createTracer(
  client: KubeClient,
  name: string,
  options: { signal: AbortSignal },
): Promise<Tracer> {
  const { signal } = options;
  const repositories = createInformer<Repository>(client, Repository, {
    fieldSelector: `metadata.name=${name}`,
    signal,
  });
  const agents = createInformer<Agent>(client, Agent, { signal });
  await Promise.all([repositories.synced, agents.synced]);
  return { follow: (commit, options) => follow(commit, options) };

  function find(id: string): Agent | undefined {
    const [namespace, agentName] = id.split("/") as [string, string];
    return agents.get(namespace, agentName);
  }

  async function follow(
    commit: string,
    options: FollowOptions,
  ): Promise<Step[]> {
    const { timeout, onStep } = options;
    const before = new Map(
      options.agents.map((id) => [id, find(id)?.status?.assignment?.revision]),
    );
    const steps: Step[] = [];
    const missing = new Set(["fetched", "applied", ...options.agents]);
    const { promise, resolve, reject } = Promise.withResolvers<Step[]>();
    const take = (step: Omit<Step, "at">) => {
      if (
        steps.some((s) => s.stage === step.stage && s.agent === step.agent)
      ) return;
      const timed = { ...step, at: Date.now() };
      steps.push(timed);
      onStep(timed);
      missing.delete(step.stage === "device" ? step.agent! : step.stage);
      if (missing.size === 0) resolve(steps);
    };
    const stopAgents = agents.on(({ object: agent }) => {
      const id = `${agent.metadata.namespace}/${agent.metadata.name}`;
      const revision = agent.status?.assignment?.revision;
      if (!before.has(id) || !revision || revision === before.get(id)) return;
      take({ stage: "revision", agent: id, revision });
      if (isConverged(agent)) take({ stage: "device", agent: id, revision });
    });
    const stopRepository = repositories.on(({ object: { status } }) => {
      if (status?.observedCommit === commit) take({ stage: "fetched" });
      if (status?.appliedCommit === commit) take({ stage: "applied" });
    });
    const timer = setTimeout(() => {
      reject(
        new Error(
          `Waited ${timeout / 1000} s in vain until commit ${commit} reached ${
            [...missing].join(", ")
          }\n${describe(options.agents)}`,
        ),
      );
    }, timeout);
    const onAbort = () => reject(options.signal!.reason);
    options.signal?.addEventListener("abort", onAbort, { once: true });
    if (options.signal?.aborted) onAbort();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      stopAgents();
      stopRepository();
    }
  }

  function describe(ids: readonly string[]): string {
    const status = repositories.get(undefined, name)?.status;
    return [
      `repository ${name}: ${
        JSON.stringify(status?.lastError ?? status?.conditions)
      }`,
      ...ids.map((id) => `${id}: ${describeAgent(find(id))}`),
    ].join("\n");
  }
}
