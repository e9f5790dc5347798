import type { Agent, Assignment } from "../../api/agent.ts";
import { Agent as AgentKind } from "../../api/agent.ts";
import * as core from "../../api/core.ts";
import { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { KubeClient } from "../../kube/client.ts";
import { createInformer } from "../../kube/informer.ts";

/** All that a hub has said in a workspace, in its order; whatever it says twice stands there twice. */
export class History implements AsyncDisposable {
  readonly #assignments = new Map<string, Assignment[]>();
  readonly #credentials = new Map<string, string[]>();
  readonly #tokens = new Map<string, string[]>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  private constructor() {}

  /** Follows what is in a namespace. */
  static async follow(
    client: KubeClient,
    namespace: string,
  ): Promise<History> {
    const history = new History();
    const follow = async <T extends KubeObject>(
      resource: typeof core.Secret,
      look: (object: T) => void,
    ) => {
      const informer = createInformer<T>(client, resource, {
        namespace,
        signal: history.#stop.signal,
      });
      informer.on(({ object }) => look(object));
      history.#running.push(informer.done);
      await informer.synced;
    };
    await follow<Agent>(AgentKind, ({ metadata, status }) => {
      const said = listOf(history.#assignments, metadata.name);
      const { assignment } = status ?? {};
      if (assignment && said.at(-1)?.signature !== assignment.signature) {
        said.push(assignment);
      }
    });
    await follow<Enrollment>(Enrollment, ({ metadata, status }) => {
      note(history.#credentials, metadata.name, status?.credential);
    });
    await follow<KubeObject & { data?: Record<string, string> }>(
      core.Secret,
      ({ metadata, data }) => note(history.#tokens, metadata.name, data?.token),
    );
    return history;
  }

  /** The assignments of an Agent so far. */
  assignmentsOf(agent: string): readonly Assignment[] {
    return listOf(this.#assignments, agent);
  }

  /** How many credentials each Enrollment has had. */
  get credentials(): number[] {
    return [...this.#credentials.values()].map(({ length }) => length);
  }

  /** What was done twice, in words; nothing where nothing was. */
  repetitions(): string[] {
    const found: string[] = [];
    for (const [agent, said] of this.#assignments) {
      said.forEach((assignment, i) => {
        const before = said.slice(0, i);
        const { counter, revision } = assignment;
        if (before.some((other) => other.revision === revision)) {
          found.push(`Agent ${agent} was assigned ${revision} again`);
        }
        if (before.some((other) => other.counter >= counter)) {
          found.push(`Agent ${agent} was assigned counter ${counter} late`);
        }
      });
    }
    for (
      const [kind, all] of [
        ["Enrollment", this.#credentials],
        ["Secret", this.#tokens],
      ] as const
    ) {
      for (const [name, values] of all) {
        if (values.length > 1) {
          found.push(`${kind} ${name} was given ${values.length} credentials`);
        }
      }
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }
}

function note(
  all: Map<string, string[]>,
  name: string,
  value: string | undefined,
): void {
  const values = listOf(all, name);
  if (value && !values.includes(value)) values.push(value);
}

function listOf<T>(all: Map<string, T[]>, name: string): T[] {
  let list = all.get(name);
  if (!list) all.set(name, list = []);
  return list;
}
