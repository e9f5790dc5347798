import type { Key } from "../../kube/reconciler.ts";

/**
 * Which Agents the hub is giving which Revision, so that none is collected
 * between its making and the assignment that names it.
 */
export class RevisionUse {
  readonly #revision = new Map<string, { name: string; agent: Key }>();

  /** An Agent is to run that Revision. */
  use(agent: Key, revision: string): void {
    this.#revision.set(`${agent.namespace}/${agent.name}`, {
      name: revision,
      agent,
    });
  }

  /** An Agent is gone. */
  release(agent: Key): void {
    this.#revision.delete(`${agent.namespace}/${agent.name}`);
  }

  /** The Agents that are to run a Revision. */
  agents(namespace: string, revision: string): Key[] {
    return [...this.#revision.values()]
      .filter(({ name, agent }) =>
        name === revision && agent.namespace === namespace
      ).map(({ agent }) => agent);
  }
}
