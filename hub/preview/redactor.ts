import { cloneJson } from "../../apiserver/schema/clone_json.ts";
import { Secret } from "../../api/core.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Plugin } from "../../api/plugin.ts";
import { parseApiVersion } from "../../kube/resource.ts";
import { parseConfig } from "../resolve/config.ts";
import type { PluginObject } from "../resolve/plugin_object.ts";
import { replaceAt, secretFields, valueAt } from "../resolve/secret_fields.ts";
import { Hidden } from "./hidden.ts";

type Fields = Record<string, unknown>;

/** What a {@linkcode Redactor} goes by. */
export interface RedactorOptions {
  /** All there are, before and after: what one version calls a secret is one. */
  plugins: Plugin[];
  /** All plugin objects there are, before and after. */
  objects: PluginObject[];
}

/** Annotations that hold a whole object. */
const COPIES = /(^|\/)last-applied-configuration$/;

/**
 * Takes secrets out of objects before anything is told of them: the data of
 * Secrets, and in configs of plugins what any schema marks `writeOnly` that
 * any plugin has for objects of the kind. So taking the mark away shows no
 * value, nor does another type. A config that no schema is known for is hidden
 * whole.
 */
export class Redactor {
  readonly #schemas = new Map<string, Fields[]>();
  /** Kinds of plugin objects, by `namespace/name`. */
  readonly #kinds = new Map<string, Set<string>>();
  /** Kinds that plugins bring: `Thermometer.sensors.example.com`. */
  readonly #brought = new Set<string>();
  readonly #known = new Set<string>();

  constructor({ plugins, objects }: RedactorOptions) {
    for (const { spec: { versions } } of plugins) {
      for (const { provides, kinds = [], configSchema = {} } of versions) {
        for (const { group, names } of kinds) {
          this.#brought.add(`${names.kind}.${group}`);
        }
        for (const { kind } of provides) {
          const schemas = this.#schemas.get(kind) ?? [];
          if (!schemas.includes(configSchema)) schemas.push(configSchema);
          this.#schemas.set(kind, schemas);
        }
      }
    }
    for (const { kind, metadata: { namespace, name } } of objects) {
      const key = `${namespace}/${name}`;
      const kinds = this.#kinds.get(key) ?? new Set();
      this.#kinds.set(key, kinds.add(kind));
    }
  }

  /** Texts of all secrets that were met, as they were written. */
  get known(): ReadonlySet<string> {
    return this.#known;
  }

  /** An object as it may be shown: without secrets, and without what only the server fills in. */
  object(object: KubeObject): Fields {
    const { status: _, metadata, ...rest } = cloneJson(object) as
      & KubeObject
      & { status?: unknown };
    const shown: Fields = rest;
    const { labels, annotations = {}, finalizers } = metadata;
    const kept = Object.entries(annotations).filter(([name]) =>
      !COPIES.test(name)
    );
    shown.metadata = {
      ...(labels ? { labels } : {}),
      ...(kept.length ? { annotations: Object.fromEntries(kept) } : {}),
      ...(finalizers?.length ? { finalizers } : {}),
    };
    if (object.kind === Secret.kind && object.apiVersion === "v1") {
      for (const part of ["data", "stringData"]) {
        const fields = shown[part] as Fields | undefined;
        if (!fields) continue;
        shown[part] = Object.fromEntries(
          Object.entries(fields).map(([key, value]) => {
            if (part === "data") this.#noteBase64(value);
            return [key, this.#hide(value)];
          }),
        );
      }
      return shown;
    }
    const spec = shown.spec as Fields | undefined;
    if (pluginObjectKinds.some((kind) => kind.kind === object.kind)) {
      if (spec?.config !== undefined) {
        spec.config = this.config(spec.config, [object.kind]);
      }
    }
    const { group } = parseApiVersion(object.apiVersion);
    if (spec && this.#brought.has(`${object.kind}.${group}`)) {
      shown.spec = this.config(spec, [object.kind]);
    }
    const { namespace } = metadata;
    const template = (spec?.agentTemplate ?? spec?.template) as
      | Fields
      | undefined;
    for (const holder of [spec, template]) {
      if (!Array.isArray(holder?.plugins)) continue;
      for (const entry of holder.plugins as Fields[]) {
        if (entry?.config === undefined) continue;
        const kinds = typeof entry.kind === "string"
          ? [entry.kind]
          : this.#kinds.get(`${namespace}/${entry.name}`) ?? [];
        entry.config = this.config(entry.config, [...kinds]);
      }
    }
    return shown;
  }

  /** A config of objects of these kinds as it may be shown; all of it is hidden where nothing is known of them. */
  config(config: unknown, kinds: string[]): unknown {
    const schemas = kinds.flatMap((kind) => this.#schemas.get(kind) ?? []);
    if (!schemas.length || kinds.some((kind) => !this.#schemas.has(kind))) {
      return this.#hideLeaves(config);
    }
    let shown: Fields;
    try {
      shown = cloneJson(parseConfig(config as Fields | string, ""));
    } catch {
      return this.#hide(config);
    }
    for (const schema of schemas) {
      for (const path of secretFields(shown, schema)) {
        const value = valueAt(shown, path);
        if (value instanceof Hidden) continue;
        // Where to find a secret is none.
        if (isReference(value)) continue;
        if (path === "") return this.#hide(shown);
        replaceAt(shown, path, this.#hide(value));
      }
    }
    return shown;
  }

  /** Notes a secret that never becomes part of what is shown. */
  note(value: unknown): void {
    if (typeof value === "string") this.#known.add(value);
    else if (typeof value === "object" && value !== null) {
      for (const inner of Object.values(value)) this.note(inner);
    } else if (value !== undefined && value !== null) {
      this.#known.add(String(value));
    }
  }

  #hide(value: unknown): Hidden {
    this.note(value);
    return new Hidden(value);
  }

  #hideLeaves(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((item) => this.#hideLeaves(item));
    }
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map((
          [key, inner],
        ) => [key, this.#hideLeaves(inner)]),
      );
    }
    return this.#hide(value);
  }

  #noteBase64(value: unknown): void {
    try {
      this.note(
        new TextDecoder("utf-8", { fatal: true }).decode(
          Uint8Array.fromBase64(String(value)),
        ),
      );
    } catch {
      // Not base64, or no text.
    }
  }
}

function isReference(value: unknown): boolean {
  const ref = (value as Fields | undefined)?.secretKeyRef as Fields | undefined;
  return typeof ref === "object" && ref !== null &&
    Object.keys(value as Fields).length === 1 &&
    Object.keys(ref).every((key) => key === "name" || key === "key");
}
