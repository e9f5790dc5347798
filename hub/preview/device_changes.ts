import type { ResolvedPlugin, Revision } from "../../api/revision.ts";
import { deepEqual } from "../../kube/owned_fields.ts";
import { fieldChanges } from "./field_changes.ts";
import type { FieldChange, PluginChange } from "./preview_result.ts";
import type { Redactor } from "./redactor.ts";

type Spec = Revision["spec"];

/** What becomes of a device's plugins when one desired state takes another's place; undefined is that of no device. */
export function pluginChanges(
  before: Spec | undefined,
  after: Spec | undefined,
  redactor: Redactor,
): PluginChange[] {
  const old = byObject(before);
  const now = byObject(after);
  const changes: PluginChange[] = [];
  for (const object of new Set([...old.keys(), ...now.keys()])) {
    const [a, b] = [old.get(object), now.get(object)];
    if (a && b && deepEqual(a, b)) continue;
    const either = (b ?? a)!;
    changes.push({
      change: !a ? "add" : !b ? "remove" : "update",
      object,
      plugin: a && b && a.plugin !== b.plugin
        ? `${a.plugin} → ${b.plugin}`
        : either.plugin,
      version: {
        ...(a ? { before: a.version } : {}),
        ...(b ? { after: b.version } : {}),
      },
      config: b ? configChanges(a, b, redactor) : [],
      also: a && b ? others(a, b) : [],
      restarts: !!a && !!b && !deepEqual(running(a), running(b)),
    });
  }
  return changes;
}

function byObject(spec: Spec | undefined): Map<string, ResolvedPlugin> {
  return new Map(
    (spec?.plugins ?? []).map((p) => [`${p.kind}/${p.name}`, p]),
  );
}

function configChanges(
  before: ResolvedPlugin | undefined,
  after: ResolvedPlugin,
  redactor: Redactor,
): FieldChange[] {
  const shown = (plugin: ResolvedPlugin | undefined) =>
    plugin && redactor.config(plugin.config, [plugin.kind]);
  const changes = fieldChanges(shown(before) ?? {}, shown(after), ["config"]);
  const hmacs = (plugin: ResolvedPlugin | undefined) =>
    new Map(
      (plugin?.secrets ?? []).map(({ path, hmac }) => [
        `config${path.replaceAll("/", ".")}`,
        hmac,
      ]),
    );
  const [old, now] = [hmacs(before), hmacs(after)];
  for (const field of new Set([...old.keys(), ...now.keys()])) {
    if (old.get(field) === now.get(field)) continue;
    // A value that its schema calls a secret no more is told already.
    if (changes.some((change) => change.field === field)) continue;
    changes.push({
      field,
      ...(old.has(field) ? { before: '"(secret)"' } : {}),
      ...(now.has(field) ? { after: '"(secret)"' } : {}),
      secret: true,
    });
  }
  return changes;
}

function others(a: ResolvedPlugin, b: ResolvedPlugin): string[] {
  const parts: [string, (p: ResolvedPlugin) => unknown][] = [
    ["type", (p) => p.type ?? ""],
    ["form", (p) => p.form],
    ["permissions", (p) => p.permissions ?? {}],
    ["publisher", (p) => p.publisher],
    ["code", (p) => digests(p)],
  ];
  return parts.flatMap(([name, part]) =>
    deepEqual(part(a), part(b)) ? [] : [name]
  )
    .filter((name) => name !== "code" || a.version === b.version);
}

/** Changes when, and only when, an agent restarts the plugin (`agent/revision/stage.ts`). */
function running(plugin: ResolvedPlugin): unknown {
  return { ...plugin, artifacts: digests(plugin) };
}

function digests({ artifacts }: ResolvedPlugin): string[] {
  return artifacts.map(({ digest }) => digest);
}
