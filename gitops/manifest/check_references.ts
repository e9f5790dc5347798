import { Secret } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import { Plugin } from "../../api/plugin.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Manifest } from "./manifest.ts";
import { didYouMean } from "./nearest.ts";
import { compareProblems, fieldName, type Problem } from "./problem.ts";
import {
  isForeign,
  isPluginObject,
  type Reference,
  referencesIn,
} from "./references.ts";

/** Problems that say what may have been meant: to look for that among many names takes its time. */
const HINTS = 100;
/** Keys of a Secret that are named. */
const KEYS = 10;

/** What is there besides what the manifests say. */
export interface LiveObjects {
  /** An object that is there, and stays when the manifests are applied. */
  get(resource: Resource, name: string): Promise<KubeObject | undefined>;
  /** Kinds that plugins bring here, whose objects Agents may name as well. @default none */
  kinds?(): Promise<readonly Resource[]>;
}

/** Options of {@linkcode checkReferences}. */
export interface CheckReferencesOptions {
  /** Manifests of the hub's own: the catalogue, its Secrets. */
  root: readonly Manifest[];
  /** Plugins that every hub brings. @default none is known */
  builtin?: readonly string[];
  /** None where nobody can tell: then what is missing is a warning. */
  live?: LiveObjects;
}

/** What came of it. */
export interface ReferenceProblems {
  /** What cannot work, whatever else is there. */
  problems: Problem[];
  /** What has to come from elsewhere. */
  warnings: Problem[];
}

/**
 * Finds what manifests refer to and is nowhere: in none of them, and not live.
 *
 * An object of the workspace that is missing is a problem, so that nothing is
 * applied by halves; a Plugin of the catalogue, or a Secret of the hub, is a
 * warning, since another repository may bring it: until then a condition says
 * so. Asks for live objects only where the manifests have none.
 */
export async function checkReferences(
  manifests: readonly Manifest[],
  options: CheckReferencesOptions,
): Promise<ReferenceProblems> {
  const check = new Check(manifests, options);
  for (const manifest of manifests) {
    const references = referencesIn(manifest);
    check.repeated(manifest, references);
    for (const reference of references) {
      await check.one(manifest, reference);
    }
  }
  return {
    problems: check.problems.sort(compareProblems),
    warnings: check.warnings.sort(compareProblems),
  };
}

class Check {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #options: CheckReferencesOptions;
  readonly #plugins = new Map<string, Manifest[]>();
  readonly #secrets: Map<string, Manifest>;
  /** Of the hub's own. */
  readonly #catalogued: Map<string, Manifest>;
  readonly #hubSecrets: Map<string, Manifest>;
  readonly #manifests: readonly Manifest[];
  #foreignOnes: Map<string, KubeObject[]> | undefined;
  readonly #asked = new Map<string, Promise<KubeObject | undefined>>();
  #hints = 0;

  constructor(
    manifests: readonly Manifest[],
    options: CheckReferencesOptions,
  ) {
    this.#options = options;
    for (const manifest of manifests) {
      if (!isPluginObject(manifest.object)) continue;
      const { name } = manifest.object.metadata;
      this.#plugins.set(name, [...this.#plugins.get(name) ?? [], manifest]);
    }
    this.#secrets = byName(manifests, "Secret");
    this.#catalogued = byName(options.root, "Plugin");
    this.#hubSecrets = byName(options.root, "Secret");
    this.#manifests = manifests;
  }

  /** Objects of others' kinds by their own names, and those of the Secrets that they make. */
  #foreign(name: string): KubeObject[] {
    if (!this.#foreignOnes) {
      const objects = this.#manifests.map(({ object }) => object)
        .filter(isForeign);
      this.#foreignOnes = Map.groupBy(
        objects,
        ({ metadata }) => metadata.name,
      );
      for (const object of objects) {
        const target = targetOf(object);
        if (typeof target !== "string") continue;
        const named = this.#foreignOnes.get(target);
        if (named) named.push(object);
        else this.#foreignOnes.set(target, [object]);
      }
    }
    return this.#foreignOnes.get(name) ?? [];
  }

  /** What `make` says, for the first problems. */
  #hint(make: () => string): string {
    return this.#hints++ < HINTS ? make() : "";
  }

  /** An Agent names no object twice. */
  repeated(manifest: Manifest, references: Reference[]): void {
    const seen = new Map<string, Reference>();
    for (const reference of references) {
      if (reference.to !== "plugin object") continue;
      const found = this.#named(reference);
      const kind = reference.kind ?? found[0]?.object.kind ?? "";
      const key = `${kind}/${reference.name}`;
      const first = seen.get(key);
      if (first) {
        this.#report(
          manifest,
          reference,
          `found ${reference.name} once more: ${
            fieldName(first.path.slice(0, -1))
          } names the same object; leave one entry`,
        );
      } else seen.set(key, reference);
    }
  }

  async one(manifest: Manifest, reference: Reference): Promise<void> {
    switch (reference.to) {
      case "plugin object":
        return await this.#pluginObject(manifest, reference);
      case "secret":
        return await this.#secret(manifest, reference);
      case "catalogue":
        return await this.#catalogue(manifest, reference);
      case "hub secret":
        return await this.#hubSecret(manifest, reference);
    }
  }

  async #pluginObject(manifest: Manifest, reference: Reference) {
    const { name, kind } = reference;
    const found = this.#named(reference);
    if (found.length > 1) {
      return this.#report(
        manifest,
        reference,
        `found ${name}, and there are ${
          found.map(({ object, file, line }) =>
            `${object.kind}/${name} (${file}:${line})`
          ).join(" and ")
        }; add \`kind: ${found[0]!.object.kind}\` to the entry`,
      );
    }
    if (found.length === 1) return;
    // A plugin may bring kinds that nobody here knows.
    const isOfPlugin = this.#foreign(name).some((object) =>
      object.metadata.name === name && (!kind || object.kind === kind)
    );
    if (isOfPlugin) return;
    const all = [
      ...pluginObjectKinds,
      ...await this.#options.live?.kinds?.() ?? [],
    ];
    const kinds = all.filter((k) => !kind || k.kind === kind);
    const near = kind ? didYouMean(kind, all.map((k) => k.kind)) : "";
    for (const resource of kinds) {
      if (await this.#live(resource, name)) return;
    }
    const wanted = kind ? `${kind}/${name}` : name;
    const others = () =>
      [...this.#plugins].flatMap(([other, manifests]) =>
        kind && !manifests.some(({ object }) => object.kind === kind)
          ? []
          : [other]
      );
    const other = this.#plugins.get(name)?.[0];
    const hint = kinds.length === 0
      ? near || "; only a plugin could bring that kind"
      : other
      ? `; there is ${other.object.kind}/${name} (${other.file}:${other.line})`
      : this.#hint(() => didYouMean(name, others()));
    this.#missing(manifest, reference, {
      what: wanted,
      hint,
      isSure: kinds.length > 0 || near !== "",
    });
  }

  async #secret(manifest: Manifest, reference: Reference) {
    const { name, key } = reference;
    const declared = this.#secrets.get(name);
    if (declared?.sealed) return;
    const secret = (declared?.object ?? await this.#live(Secret, name)) as
      | KubeObject & { data?: Record<string, unknown> }
      | undefined;
    if (secret) {
      const keys = Object.keys(secret.data ?? {});
      if (!key || keys.includes(key)) return;
      return this.#report(
        manifest,
        { ...reference, path: [...reference.path.slice(0, -1), "key"] },
        `found ${key}, which is not in Secret ${name}${
          this.#hint(() => didYouMean(key, keys)) || whatKeys(keys)
        }`,
      );
    }
    // ExternalSecret, SealedSecret and their like make Secrets of their name.
    if (this.#foreign(name).length) return;
    this.#missing(manifest, reference, {
      what: `Secret ${name}`,
      hint: this.#hint(() => didYouMean(name, this.#secrets.keys())),
      isSure: true,
    });
  }

  async #catalogue(manifest: Manifest, reference: Reference) {
    const { builtin = [] } = this.#options;
    const { name } = reference;
    const declared = this.#catalogued;
    if (declared.has(name) || builtin.includes(name)) return;
    if (await this.#live(Plugin, name)) return;
    const known = () => [...declared.keys(), ...builtin];
    this.#warn(
      manifest,
      reference,
      `found ${name}, which is not in the catalogue: it runs nowhere until a Plugin of that name is there${
        this.#hint(() => didYouMean(name, known()))
      }`,
    );
  }

  async #hubSecret(manifest: Manifest, reference: Reference) {
    const { name } = reference;
    if (this.#hubSecrets.has(name)) return;
    if (await this.#live(Secret, name)) return;
    this.#warn(
      manifest,
      reference,
      this.#options.live
        ? `found ${name}, and there is no such Secret in the hub's namespace`
        : `found ${name}, a Secret that is not in this repository; it has to be in the hub's namespace`,
    );
  }

  #named({ name, kind }: Reference): Manifest[] {
    const found = this.#plugins.get(name) ?? [];
    return kind ? found.filter(({ object }) => object.kind === kind) : found;
  }

  #live(resource: Resource, name: string): Promise<KubeObject | undefined> {
    const key = `${resource.kind}/${name}`;
    let answer = this.#asked.get(key);
    if (!answer) {
      answer = this.#options.live?.get(resource, name) ??
        Promise.resolve(undefined);
      this.#asked.set(key, answer);
    }
    return answer;
  }

  /** Of an object of the same workspace. */
  #missing(
    manifest: Manifest,
    reference: Reference,
    of: { what: string; hint: string; isSure: boolean },
  ): void {
    const { what, hint, isSure } = of;
    if (this.#options.live && isSure) {
      this.#report(
        manifest,
        reference,
        `found ${what}, which is neither in the repository nor in the workspace${hint}`,
      );
    } else {
      this.#warn(
        manifest,
        reference,
        `found ${what}, which is not in this repository; it has to be in the workspace${hint}`,
      );
    }
  }

  #report(manifest: Manifest, reference: Reference, message: string): void {
    this.problems.push(problem(manifest, reference, message));
  }

  #warn(manifest: Manifest, reference: Reference, message: string): void {
    this.warnings.push(problem(manifest, reference, message));
  }
}

function problem(
  manifest: Manifest,
  { path }: Reference,
  message: string,
): Problem {
  const { file, sensitive } = manifest;
  return {
    file,
    ...manifest.locate(path),
    field: fieldName(path),
    message: sensitive ? sensitive.redact(message) : message,
  };
}

function byName(
  manifests: readonly Manifest[],
  kind: string,
): Map<string, Manifest> {
  return new Map(
    manifests.filter(({ object }) => object.kind === kind)
      .map((manifest) => [manifest.object.metadata.name, manifest]),
  );
}

function whatKeys(keys: string[]): string {
  if (keys.length === 0) return "; it is empty";
  const more = keys.length - KEYS;
  return `; it has ${keys.slice(0, KEYS).join(", ")}${
    more > 0 ? ` and ${more} more` : ""
  }`;
}

/** `spec.target.name` of an ExternalSecret. */
function targetOf(object: KubeObject): unknown {
  const { spec } = object as KubeObject & {
    spec?: { target?: { name?: unknown } };
  };
  return spec?.target?.name;
}
