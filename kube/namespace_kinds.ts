import { CustomResourceDefinition } from "../api/core.ts";
import type { CustomResourceDefinition as Definition } from "../api/generate/crd.ts";
import type { KubeObject } from "../api/meta.ts";
import { HUB_MANAGER, MANAGED_LABELS, PLUGIN_LABEL } from "../api/names.ts";
import { canonicalJson, sha256Hex } from "../api/protocol/canonical_json.ts";
import type { KubeClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { CompareSchemas } from "./compare_schemas.ts";
import {
  established,
  type EstablishedDefinition,
  NamesRefused,
} from "./established.ts";
import { isNotFound, KubeApiError } from "./kube_api_error.ts";
import { named } from "./named.ts";
import {
  type InstalledKind,
  KindsRefused,
  type PluginKindProvider,
} from "./plugin_kinds.ts";
import type { Resource } from "./resource.ts";

/** Annotation on a CustomResourceDefinition: hash of the definition that it was made of. */
const HASH_ANNOTATION = "plugins.faros.sh/definition";
/** Deletions under way at a time. */
const CONCURRENCY = 16;

interface Crd extends EstablishedDefinition {
  spec: {
    group: string;
    names: { kind: string; plural: string };
    versions: {
      name: string;
      storage: boolean;
      schema?: { openAPIV3Schema?: unknown };
    }[];
  };
}

/** Options of {@linkcode namespaceKinds}. */
export interface NamespaceKindsOptions {
  client: KubeClient;
  /** How stored objects are looked at before a kind's schema changes. @default not at all */
  compare?: () => Promise<CompareSchemas>;
  clock?: Clock;
}

/** Kinds of plugins as CustomResourceDefinitions; who may use them in which namespace, Roles say. */
export function namespaceKinds(
  { client, compare, clock }: NamespaceKindsOptions,
): PluginKindProvider {
  const ours = async (plugin: string, signal?: AbortSignal) =>
    (await client.listAll<Crd>(CustomResourceDefinition, {
      labelSelector: `${PLUGIN_LABEL}=${plugin}`,
      signal,
    })).items;

  async function isUsed(crd: Crd, signal?: AbortSignal): Promise<boolean> {
    const kind = kindOf(crd);
    try {
      const { items } = await client.list(kind, { limit: 1, signal });
      return items.length > 0;
    } catch (error) {
      if (isNotFound(error)) return false; // not served yet, or no longer
      throw error;
    }
  }

  async function remove(crd: Crd, signal?: AbortSignal): Promise<void> {
    await client.delete(CustomResourceDefinition, crd.metadata.name, {
      uid: crd.metadata.uid,
      ignoreNotFound: true,
      signal,
    });
  }

  /** @throws KindsRefused where stored objects would not stay as they are */
  async function checkUpgrade(
    before: Crd,
    { after, signal }: { after: Definition; signal?: AbortSignal },
  ): Promise<void> {
    const { items } = await client.listAll(kindOf(before), { signal })
      .catch((error) => {
        if (isNotFound(error)) return { items: [] as KubeObject[] };
        throw error;
      });
    if (!items.length || !compare) return;
    const problemsOf = (await compare())(schemaOf(before), schemaOf(after));
    const refused = items.flatMap((object) => {
      const problems = problemsOf(object);
      const { namespace, name } = object.metadata;
      return problems.length
        ? [`${namespace}/${name}: ${problems.join(", ")}`]
        : [];
    });
    if (!refused.length) return;
    throw new KindsRefused(
      "KindsUpgradeRefused",
      `${kindOf(before).kind} stays as it is: ${refused.length} stored object${
        refused.length === 1 ? "" : "s"
      } would not stay as they are by the new schema; change them first: ${
        named(refused, { most: 20, separator: "; " })
      }`,
    );
  }

  async function apply(
    definition: Definition,
    signal?: AbortSignal,
  ): Promise<Crd> {
    const write = { fieldManager: HUB_MANAGER, force: true, signal };
    try {
      const applied = await client.apply<KubeObject>(
        CustomResourceDefinition,
        definition,
        write,
      ) as Crd;
      await established(client, applied, { clock, signal });
      return applied;
    } catch (error) {
      throw refusal(error) ?? error;
    }
  }

  return {
    place: CustomResourceDefinition,

    kindsOf: (place) => Promise.resolve([kindOf(place as Crd)]),

    async install(plugin, definitions, { keep, signal }) {
      const { items: all } = await client.listAll<Crd>(
        CustomResourceDefinition,
        { signal },
      );
      const isOurs = ({ metadata }: KubeObject) =>
        metadata.labels?.[PLUGIN_LABEL] === plugin;
      for (const { metadata, spec } of definitions) {
        const other = all.find((crd) =>
          crd.spec.group === spec.group && !isOurs(crd)
        );
        if (!other) continue;
        const owner = other.metadata.labels?.[PLUGIN_LABEL];
        throw new KindsRefused(
          "KindConflict",
          `${metadata.name} cannot be installed: API group ${spec.group} is ${
            owner
              ? `that of Plugin ${owner}`
              : `not the plugin's own, CustomResourceDefinition ${other.metadata.name} has it`
          }; give the plugin's kinds another group`,
        );
      }
      const going = all.find((crd) =>
        isOurs(crd) && crd.metadata.deletionTimestamp
      );
      if (going) {
        throw new Error(
          `Cannot install the kinds of Plugin ${plugin} yet: an earlier ${going.metadata.name} is still being deleted`,
        );
      }
      const hashes = await Promise.all(
        definitions.map(({ spec }) => sha256Hex(canonicalJson(spec))),
      );
      const live = new Map(
        all.filter(isOurs).map((crd) => [crd.metadata.name, crd]),
      );
      // Before anything changes: what is refused leaves all as it was.
      for (const [i, after] of definitions.entries()) {
        const before = live.get(after.metadata.name);
        if (before && hashOf(before) !== hashes[i]) {
          await checkUpgrade(before, { after, signal });
        }
      }
      const result: InstalledKind[] = [];
      const wanted = new Set(definitions.map((d) => d.metadata.name));
      for (const [name, crd] of live) {
        if (wanted.has(name)) continue;
        if (keep.has(name) || await isUsed(crd, signal)) {
          result.push(kindOf(crd));
        } else await remove(crd, signal);
      }
      for (const [i, definition] of definitions.entries()) {
        const labels = { ...MANAGED_LABELS, [PLUGIN_LABEL]: plugin };
        const annotations = { [HASH_ANNOTATION]: hashes[i]! };
        const { name } = definition.metadata;
        result.push(kindOf(
          await apply({
            ...definition,
            metadata: { name, labels, annotations },
          }, signal),
        ));
      }
      client.discovery.invalidate();
      return result;
    },

    async remove(plugin, { signal } = {}) {
      const all = await ours(plugin, signal);
      for (const crd of all) {
        if (await isUsed(crd, signal)) return false;
      }
      for (const crd of all) await remove(crd, signal);
      client.discovery.invalidate();
      return true;
    },

    bind: () => Promise.resolve(undefined),
    isBound: () => false,
    unbind: () => Promise.resolve(),

    async objects(workspace, kind) {
      try {
        const { items } = await client.listAll(kind, { namespace: workspace });
        return items;
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    },

    async deleteObjects(workspace, kind) {
      await deleteAll(client, kind, await this.objects(workspace, kind));
    },
  };
}

/** Deletes objects, each as it was read. */
export async function deleteAll(
  client: KubeClient,
  kind: Resource,
  objects: readonly KubeObject[],
): Promise<void> {
  for (let i = 0; i < objects.length; i += CONCURRENCY) {
    await Promise.all(
      objects.slice(i, i + CONCURRENCY)
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .map(({ metadata: { name, namespace, uid } }) =>
          client.delete(kind, name, { namespace, uid, ignoreNotFound: true })
        ),
    );
  }
}

function kindOf({ metadata, spec }: Crd): InstalledKind {
  const { group, names, versions } = spec;
  return {
    group,
    version: (versions.find((v) => v.storage) ?? versions[0]!).name,
    plural: names.plural,
    kind: names.kind,
    namespaced: true,
    plugin: metadata.labels?.[PLUGIN_LABEL] ?? "",
    hash: metadata.annotations?.[HASH_ANNOTATION] ?? "",
  };
}

function hashOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[HASH_ANNOTATION];
}

/** The schema of the version that objects are stored as. */
function schemaOf({ spec }: { spec: unknown }): unknown {
  const { versions } = spec as Crd["spec"];
  return (versions.find((v) => v.storage) ?? versions[0])?.schema
    ?.openAPIV3Schema;
}

/** What the server's answer means for whoever declared the kind; undefined where it is the server's own trouble. */
export function refusal(error: unknown): KindsRefused | undefined {
  if (error instanceof NamesRefused) {
    return new KindsRefused("KindConflict", error.message, { cause: error });
  }
  if (
    error instanceof KubeApiError && [400, 422].includes(error.code)
  ) {
    return new KindsRefused("KindsInvalid", error.message, { cause: error });
  }
}
