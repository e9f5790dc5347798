import { Secret } from "../../api/core.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import { Revision } from "../../api/revision.ts";
import { isAlreadyExists } from "../../kube/kube_api_error.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { LIFTED_KEY, type LiftedSecret } from "../resolve/secrets.ts";
import type { HubContext } from "./context.ts";
import { applyManaged } from "./managed.ts";

/** What an Agent resolves to, and the name of its Revision. */
export type NamedRevision = Resolved & { name: string };

/** Creates the Revisions that Agents are to have, each once, and the Secrets that they refer to. */
export class RevisionPublisher {
  readonly #context: HubContext;
  /** Revisions that are being created. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(context: HubContext) {
    this.#context = context;
  }

  /** Sees to it that a Revision and its Secrets are there. */
  async publish(
    namespace: string,
    { name, spec, lifted }: NamedRevision,
  ): Promise<void> {
    for (const secret of lifted) await this.#lift(namespace, secret);
    await this.#ensureRevision(namespace, { name, spec });
  }

  async #lift(namespace: string, secret: LiftedSecret): Promise<void> {
    await applyManaged(this.#context, Secret, {
      name: secret.name,
      namespace,
      owner: secret.owner,
      fields: {
        type: "Opaque",
        data: {
          [LIFTED_KEY]: new TextEncoder().encode(secret.value).toBase64(),
        },
      },
    });
  }

  async #ensureRevision(
    namespace: string,
    { name, spec }: { name: string; spec: Revision["spec"] },
  ): Promise<void> {
    const same = (found: Revision) =>
      canonicalJson(found.spec) === canonicalJson(spec);
    const cached = this.#context.informers.get<Revision>(Revision)
      .get(namespace, name);
    if (cached && same(cached)) return;
    // Agents that come together often want the same one.
    const id = `${namespace}/${name}`;
    let making = this.#making.get(id);
    if (!making) {
      making = this.#createRevision(namespace, { name, spec, same })
        .finally(() => this.#making.delete(id));
      this.#making.set(id, making);
    }
    await making;
  }

  async #createRevision(
    namespace: string,
    { name, spec, same }: {
      name: string;
      spec: Revision["spec"];
      same: (found: Revision) => boolean;
    },
  ): Promise<void> {
    const { client, signal, log } = this.#context;
    const create = () =>
      client.create<Revision>(Revision, {
        apiVersion: Revision.apiVersion,
        kind: Revision.kind,
        metadata: { name, namespace },
        spec,
      }, { fieldManager: HUB_MANAGER, signal });
    try {
      await create();
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const found = await client.get<Revision>(Revision, name, {
        namespace,
        signal,
      });
      if (same(found)) return;
      log.warn("Replacing a Revision whose name is not that of its content", {
        namespace,
        name,
      });
      await client.delete(Revision, name, {
        namespace,
        uid: found.metadata.uid,
        ignoreNotFound: true,
        signal,
      });
      await create();
    }
  }
}
