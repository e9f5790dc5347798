import { Revision } from "../../api/revision.ts";
import { revisionName } from "../../api/protocol/claims.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { StateFolder } from "../state/state_folder.ts";
import { StageError } from "./stage_error.ts";

/** Content of a Revision. */
export type RevisionSpec = Revision["spec"];

/** Revisions by name: on disk, else from the API. Their name is the hash of their content, checked either way. */
export class RevisionStore {
  readonly #state: StateFolder;

  constructor(state: StateFolder) {
    this.#state = state;
  }

  /** The Revision on disk; undefined where it is not there, or damaged. */
  async load(name: string): Promise<RevisionSpec | undefined> {
    const text = await this.#state.readText(file(name));
    if (text === undefined) return undefined;
    try {
      return await check(name, JSON.parse(text));
    } catch {
      return undefined; // damaged: it is fetched again
    }
  }

  /** The Revision, from the API where it is not on disk. @throws StageError or KubeApiError */
  async fetch(
    name: string,
    options: { client: KubeClient; namespace: string; signal: AbortSignal },
  ): Promise<RevisionSpec> {
    const present = await this.load(name);
    if (present) return present;
    const { client, namespace, signal } = options;
    const { spec } = await client.get<Revision>(Revision, name, {
      namespace,
      signal,
    });
    const checked = await check(name, spec);
    await this.#state.writeJson(file(name), spec);
    return checked;
  }
}

function file(name: string): string {
  return `revisions/${name}.json`;
}

async function check(name: string, spec: unknown): Promise<RevisionSpec> {
  // The hash is of all that was stored, also of what this version of the agent does not know.
  const actual = await revisionName(spec as RevisionSpec);
  if (actual !== name) {
    throw new StageError(
      "RevisionAltered",
      `Revision ${name} is not what its name says: its content is that of ${actual}`,
      { terminal: true },
    );
  }
  const result = Revision.spec.safeParse(spec);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new StageError(
    "RevisionNotUnderstood",
    `Revision ${name} asks for what this agent does not know: ${
      issue.path.join(".")
    }: ${issue.message}; update the agent`,
    { terminal: true },
  );
}
