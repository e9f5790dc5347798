import type { Agent } from "../../api/agent.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import type { Revision } from "../../api/revision.ts";
import type { HubKeys } from "../keys/hub_keys.ts";
import { type ConfigPlace, Problem } from "../resolve/problem.ts";
import { HUB_PUBLISHER, resolve } from "../resolve/resolve.ts";
import type { FleetInputs, WorkspaceInputs } from "./fleet_inputs.ts";

/** What an Agent's device is to run, or why that cannot be said. */
export type Resolution = Revision["spec"] | Problem;

/**
 * Stands for an HMAC: the same for the same value, another for another. It
 * leaves this process by no way, and so need not keep anything from anybody.
 */
export class ValueIds {
  readonly #ids = new Map<string, string>();

  /** As long as what the names of lifted Secrets are cut to. */
  id(value: unknown): string {
    const text = canonicalJson(value);
    let id = this.#ids.get(text);
    if (!id) {
      this.#ids.set(text, id = String(this.#ids.size).padStart(20, "0"));
    }
    return id;
  }
}

/** Options of {@linkcode Resolver}. */
export interface ResolverOptions {
  fleet: FleetInputs;
  keys: HubKeys;
  /** Shared by resolvers whose answers are compared. */
  values: ValueIds;
  /** Stands for a Secret of a workspace that cannot be read from here; undefined where there is none. */
  unread(workspace: string, secret: string): string | undefined;
}

/**
 * Resolves Agents as the hub does, each distinct input once: what differs
 * between Agents with the same plugins is but whose Secret a lifted value
 * becomes, which is no matter here.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #done = new Map<string, Promise<Resolution>>();
  readonly #values: ValueIds;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#values = options.values;
  }

  /** Undefined where the workspace has no such Agent. */
  resolve(workspace: string, agent: string): Promise<Resolution> | undefined {
    const inputs = this.#options.fleet.workspaces.get(workspace);
    const object = inputs?.agents.get(agent);
    if (!inputs?.workspace || !object) return undefined;
    const key = `${workspace} ${JSON.stringify(object.spec?.plugins ?? [])}`;
    let resolution = this.#done.get(key);
    if (!resolution) {
      this.#done.set(key, resolution = this.#resolve(object, inputs));
    }
    return resolution;
  }

  /** The entry of `spec.plugins` that a Problem of {@linkcode resolve} is about; none where it takes several. */
  async entryOf(
    workspace: string,
    { agent, problem }: { agent: string; problem: Problem },
  ): Promise<{ index: number; place?: ConfigPlace } | undefined> {
    const inputs = this.#options.fleet.workspaces.get(workspace);
    const object = inputs?.agents.get(agent);
    const entries = object?.spec?.plugins ?? [];
    for (const [index, entry] of entries.entries()) {
      const alone = { ...object!, spec: { plugins: [entry] } };
      const found = await this.#resolve(alone, inputs!);
      if (found instanceof Problem && found.message === problem.message) {
        return { index, place: found.place };
      }
    }
  }

  async #resolve(agent: Agent, inputs: WorkspaceInputs): Promise<Resolution> {
    const { fleet: { plugins }, keys, unread } = this.#options;
    const { metadata: { name } } = inputs.workspace!;
    try {
      const { spec } = await resolve({
        // All are one owner, so that references compare.
        agent: { ...agent, metadata: { ...agent.metadata, uid: "agent" } },
        workspace: inputs.workspace!,
        objects: inputs.objects,
        plugin: (name) => plugins.get(name),
        catalogue: () => [...plugins.values()],
        hub: keys.keys().map(({ key }) => ({ name: HUB_PUBLISHER, key })),
        secrets: {
          get: (secret) => inputs.secrets.get(secret),
          unread: (secret) =>
            inputs.secrets.has(secret) ? undefined : unread(name, secret),
          hmac: (value) => Promise.resolve(this.#values.id([name, value])),
        },
      });
      return spec;
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }
}
