import { compileSchema } from "../schema/mod.ts";
import type { CompiledSchema } from "../schema/mod.ts";
import { compileGoDecode, type GoDecode } from "../schema/go_decode.ts";
import type { ResourceDefinition } from "../types.ts";

/** A definition made ready to serve. */
export interface Served {
  definition: ResourceDefinition;
  /** `group/version`, or `v1` of the core group. */
  apiVersion: string;
  /** The apiVersion under which objects are stored. */
  storageApiVersion: string;
  /** Where they are stored: the resource's own name, or that of the one whose objects it shows. */
  storage: { group: string; resource: string };
  /** What keeps an object from being decoded, for built-in kinds with a schema. */
  goDecode: GoDecode;
  /** The same in the words for what a strategic merge patch leaves. */
  goRestore: GoDecode;
  /** Of the version that objects are stored in, where that is another one of a custom resource. */
  storageSchema?: CompiledSchema;
  /** Checks and fills in objects; undefined where the kind has no schema. */
  readonly schema?: CompiledSchema;
}

/** `group/version` as objects carry it. */
export function apiVersionOf(group: string, version: string): string {
  return group ? `${group}/${version}` : version;
}

/** Every resource that the server has at the moment. */
export class Resources {
  /** Grows with each change; caches of discovery and OpenAPI go by it. */
  revision = 0;
  #served = new Map<string, Served>();
  #listeners = new Set<() => void>();

  /** Serves `definitions`, replacing those of the same group, version and resource. */
  add(...definitions: ResourceDefinition[]): void {
    for (const definition of definitions) {
      this.#served.set(keyOf(definition), compile(definition));
    }
    this.#changed();
  }

  /** Serves exactly `definitions` of one group's resource from now on; none ends it. */
  replace(
    of: { group: string; resource: string },
    definitions: ResourceDefinition[],
  ): void {
    for (const [key, { definition }] of this.#served) {
      if (
        definition.group === of.group && definition.resource === of.resource
      ) this.#served.delete(key);
    }
    this.add(...definitions);
  }

  /** The definitions of one group's resource, in the order in which they were given. */
  versions(of: { group: string; resource: string }): ResourceDefinition[] {
    return this.all().map(({ definition }) => definition).filter((d) =>
      d.group === of.group && d.resource === of.resource
    );
  }

  get(
    of: { group: string; version: string; resource: string },
  ): Served | undefined {
    return this.#served.get(keyOf(of));
  }

  /** The resource in the version it is stored under, or any other that is served. */
  stored(of: { group: string; resource: string }): Served | undefined {
    const versions = this.all().filter(({ definition }) =>
      definition.group === of.group && definition.resource === of.resource
    );
    return versions.find(({ definition }) =>
      definition.version === definition.storageVersion
    ) ?? versions[0];
  }

  /** The resource that serves a kind. */
  ofKind(apiVersion: string, kind: string): Served | undefined {
    return this.all().find((served) =>
      served.apiVersion === apiVersion && served.definition.kind === kind
    );
  }

  /** Whether a group is the server's own, and not one of custom resources. */
  hasBuiltIn(group: string): boolean {
    return this.all().some(({ definition }) =>
      definition.group === group && !definition.custom
    );
  }

  all(): Served[] {
    return Array.from(this.#served.values());
  }

  /** Calls `listener` after each change of what is served; returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed() {
    this.revision++;
    for (const listener of this.#listeners) listener();
  }
}

function keyOf(
  { group, version, resource }: {
    group: string;
    version: string;
    resource: string;
  },
): string {
  return `${group}/${version}/${resource}`;
}

function compile(definition: ResourceDefinition): Served {
  const { group, resource } = definition.storedAs ?? definition;
  let schema: CompiledSchema | undefined;
  let storageSchema: CompiledSchema | undefined;
  let goDecode: GoDecode | undefined;
  let goRestore: GoDecode | undefined;
  const { custom, kind } = definition;
  const decoder = (wording: "decoder" | "converter") =>
    custom || !definition.schema
      ? () => undefined
      : compileGoDecode(definition.schema, { kind, wording });
  return {
    definition,
    apiVersion: apiVersionOf(definition.group, definition.version),
    storageApiVersion: apiVersionOf(group, definition.storageVersion),
    storage: { group, resource },
    // Most kinds that are served are never used.
    get schema() {
      schema ??= definition.schema && compileSchema(definition.schema);
      return schema;
    },
    get storageSchema() {
      storageSchema ??= definition.storageSchema &&
        compileSchema(definition.storageSchema);
      return storageSchema;
    },
    get goDecode() {
      return goDecode ??= decoder("decoder");
    },
    get goRestore() {
      return goRestore ??= decoder("converter");
    },
  };
}
