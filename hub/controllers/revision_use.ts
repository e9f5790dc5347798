import type { Key } from "../../kube/reconciler.ts";

/**
 * Which Agents the hub is giving which Revision, so that none is collected
 * between its making and the assignment that names it.
 */
export class RevisionUse {
  /** Agent → namespace and name of its Revision. */
  readonly #revision = new Map<string, string>();
  /** Namespace and name of a Revision → its Agents. */
  readonly #agents = new Map<string, Map<string, Key>>();

  /** An Agent is to run that Revision. */
  use(agent: Key, revision: string): void {
    const id = idOf(agent);
    const of = `${agent.namespace}/${revision}`;
    if (this.#revision.get(id) === of) return;
    this.release(agent);
    this.#revision.set(id, of);
    let agents = this.#agents.get(of);
    if (!agents) this.#agents.set(of, agents = new Map());
    agents.set(id, agent);
  }

  /** An Agent is gone. */
  release(agent: Key): void {
    const id = idOf(agent);
    const of = this.#revision.get(id);
    if (of === undefined) return;
    this.#revision.delete(id);
    const agents = this.#agents.get(of)!;
    agents.delete(id);
    if (agents.size === 0) this.#agents.delete(of);
  }

  /** Whether any Agent is to run a Revision. */
  isUsed(namespace: string, revision: string): boolean {
    return this.#agents.has(`${namespace}/${revision}`);
  }

  /** The Agents that are to run a Revision. */
  agents(namespace: string, revision: string): Key[] {
    return [...this.#agents.get(`${namespace}/${revision}`)?.values() ?? []];
  }
}

function idOf({ namespace, name }: Key): string {
  return `${namespace}/${name}`;
}
