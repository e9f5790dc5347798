import type { Agent } from "../../api/agent.ts";

/** Whether the device runs all of what the hub last assigned to it. */
export function isConverged(agent: Agent): boolean {
  const { assignment, revision, plugins } = agent.status ?? {};
  return assignment !== undefined && revision === assignment.revision &&
    isTrue(agent, "UpToDate") &&
    (plugins ?? []).every((p) => p.phase === "Running");
}

function isTrue(agent: Agent, type: string): boolean {
  return agent.status?.conditions?.find((c) => c.type === type)?.status ===
    "True";
}

/** How an agent stands, in one line, for errors. */
export function describeAgent(agent: Agent | undefined): string {
  if (!agent) return "not there";
  const { assignment, revision, plugins, conditions } = agent.status ?? {};
  const facts = [
    `assigned ${assignment?.revision ?? "nothing"}`,
    `runs ${revision ?? "nothing"}`,
    ...(plugins ?? []).map((p) =>
      `plugin ${p.name} ${p.phase}${p.message ? `: ${p.message}` : ""}`
    ),
    ...(conditions ?? []).map((c) =>
      `${c.type}=${c.status} ${c.reason}: ${c.message}`
    ),
  ];
  return facts.join("; ");
}
