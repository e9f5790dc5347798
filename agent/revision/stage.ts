import type { ResolvedPlugin } from "../../api/revision.ts";
import { canonicalJson, sha256Hex } from "../../api/protocol/canonical_json.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { HubTrust } from "../identity/hub_trust.ts";
import type { PluginSpec } from "../supervisor/plugin_spec.ts";
import type { StateFolder } from "../state/state_folder.ts";
import {
  type ArtifactFetcher,
  artifactFile,
  type ArtifactStore,
  chooseArtifact,
} from "./artifact_store.ts";
import type { RevisionSpec } from "./revision_store.ts";
import {
  secretFile,
  type SecretObject,
  type SecretStore,
  withValues,
} from "./secret_store.ts";
import { StageError } from "./stage_error.ts";

/** Name of the hub as a publisher. */
const HUB = "hub";

/** What a {@linkcode Stager} works with. */
export interface StagerParts {
  state: StateFolder;
  trust: HubTrust;
  artifacts: ArtifactStore;
  secrets: SecretStore;
}

/** How to reach what is not on disk. */
export interface Online {
  client: KubeClient;
  fetch: ArtifactFetcher;
}

/** Makes of a Revision what can run: all code and secrets on disk, all signatures checked. */
export class Stager {
  readonly #parts: StagerParts;

  constructor(parts: StagerParts) {
    this.#parts = parts;
  }

  /**
   * Stages a Revision.
   *
   * @param options.online Left out to use only what is on disk.
   * @throws StageError for the first plugin that cannot be
   */
  async stage(
    revision: RevisionSpec,
    options: { namespace: string; online?: Online; signal: AbortSignal },
  ): Promise<PluginSpec[]> {
    const ids = new Set<string>();
    for (const plugin of revision.plugins) {
      const id = idOf(plugin);
      if (ids.has(id)) {
        throw new StageError(
          "RevisionNotUnderstood",
          `The Revision has ${id} twice`,
          { terminal: true },
        );
      }
      ids.add(id);
    }
    return await Promise.all(
      revision.plugins.map((plugin) => this.#stage(plugin, options)),
    );
  }

  async #stage(
    plugin: ResolvedPlugin,
    { namespace, online, signal }: {
      namespace: string;
      online?: Online;
      signal: AbortSignal;
    },
  ): Promise<PluginSpec> {
    if (plugin.form !== "script") {
      throw new StageError(
        "FormNotSupported",
        `Plugin ${plugin.plugin} ${plugin.version} is an executable, which this agent does not run; it runs scripts`,
        { terminal: true },
      );
    }
    const { state, trust, artifacts, secrets } = this.#parts;
    const code = await artifacts.get(plugin, { fetch: online?.fetch, signal });
    const values: { path: string; value: string }[] = [];
    const fetched = new Map<string, SecretObject>();
    for (const reference of plugin.secrets ?? []) {
      const value = await secrets.get(reference, {
        client: online?.client,
        namespace,
        signal,
        fetched,
      });
      values.push({ path: reference.path, value });
    }
    const config = values.length
      ? withValues(plugin.config, values)
      : plugin.config;
    const { kind, name, type, publisher } = plugin;
    return {
      id: idOf(plugin),
      object: { kind, name, ...(type === undefined ? {} : { type }) },
      plugin: plugin.plugin,
      version: plugin.version,
      // Not of where its code is to be had: a new URL is no reason to restart.
      fingerprint: await sha256Hex(canonicalJson({
        ...plugin,
        artifacts: [chooseArtifact(plugin).digest],
      })),
      form: plugin.form,
      code,
      config,
      permissions: plugin.permissions ?? {},
      stateDir: state.file("plugins", `${kind.toLowerCase()}-${name}`),
      shared: publisher.name === HUB && await trust.knows(publisher.key),
    };
  }

  /** Removes from the disk what none of `revisions` needs. */
  async collect(revisions: Map<string, RevisionSpec>): Promise<void> {
    const { state } = this.#parts;
    const plugins = [...revisions.values()].flatMap(({ plugins }) => plugins);
    const digests = new Set(
      plugins.flatMap(({ artifacts }) =>
        artifacts.map(({ digest }) => artifactFile(digest).split("/")[1]!)
      ),
    );
    const secrets = new Set(
      await Promise.all(
        plugins.flatMap(({ secrets = [] }) => secrets.map(secretFile)),
      ),
    );
    await state.prune(
      "revisions",
      (name) => revisions.has(name.replace(/\.json$/, "")),
    );
    await state.prune("artifacts", (name) => digests.has(name));
    await state.prune("secrets", (name) => secrets.has(name));
  }
}

function idOf({ kind, name }: ResolvedPlugin): string {
  return `${kind}/${name}`;
}
