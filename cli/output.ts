import { stringify } from "yaml";
import type { KubeList, KubeObject } from "../api/meta.ts";
import type { KubeClient } from "../kube/client.ts";
import { isNotFound } from "../kube/kube_api_error.ts";
import { type Resource, resourcePath } from "../kube/resource.ts";
import type { Io } from "./io.ts";
import { noneOfName } from "./none_of_name.ts";
import { renderTable } from "./table.ts";

/** The flag of commands that print objects. */
export const outputOptions = {
  output: {
    type: "string",
    short: "o",
    value: "FORMAT",
    description: "How to print, instead of as a table",
    choices: ["json", "yaml", "name", "wide"],
  },
} as const;

/** How the server describes objects as a table (meta.k8s.io/v1 Table). */
interface Table {
  columnDefinitions: { name: string; priority: number }[];
  rows: {
    cells: unknown[];
    object?: { metadata?: { namespace?: string } };
  }[];
}

/** What to print. */
export interface PrintOptions {
  client: KubeClient;
  io: Pick<Io, "out" | "err" | "write">;
  /** json, yaml, name or wide. @default a table */
  output?: string | undefined;
  /** Of namespaced resources. @default all */
  namespace?: string | undefined;
  /** One object. @default all */
  name?: string | undefined;
  signal?: AbortSignal;
  /** Called before it is said that there is none; may throw what is wrong. */
  whenNone?: () => Promise<void>;
}

/** Prints objects of the API as `kubectl get` does, with the server's own columns. */
export async function printObjects(
  resource: Resource,
  options: PrintOptions,
): Promise<void> {
  const { client, namespace, name, signal, whenNone } = options;
  try {
    await print(resource, options);
  } catch (error) {
    if (name === undefined || !isNotFound(error)) throw error;
    await whenNone?.();
    throw await noneOfName(resource, name, {
      client,
      doing: "show",
      namespace,
      signal,
    });
  }
}

async function print(resource: Resource, options: PrintOptions): Promise<void> {
  const { client, io, output, namespace, name, signal, whenNone } = options;
  if (output === undefined || output === "wide") {
    return await printTable(resource, options);
  }
  const scope = {
    ...(namespace ? { namespace } : {}),
    ...(signal ? { signal } : {}),
  };
  const found: KubeObject | KubeList = name
    ? await client.get(resource, name, scope)
    : await client.listAll(resource, scope);
  if ("items" in found && found.items.length === 0) await whenNone?.();
  if (output === "name") {
    const group = resource.group ? `.${resource.group}` : "";
    const singular = resource.kind.toLowerCase();
    for (const object of "items" in found ? found.items : [found]) {
      io.out(`${singular}${group}/${object.metadata.name}`);
    }
    return;
  }
  writeObject(found, { io, output });
}

/** Writes an object as JSON or YAML, for programs. */
export function writeObject(
  object: unknown,
  { io, output }: { io: Pick<Io, "write">; output: string },
): void {
  io.write(`${formatObject(object, output)}\n`);
}

/** An object as JSON or YAML, without its last line break. */
export function formatObject(object: unknown, output: string): string {
  return output === "json"
    ? JSON.stringify(object, null, 2)
    : stringify(object, {
      lineWidth: 0,
      aliasDuplicateObjects: false,
      // kubectl reads YAML 1.1, where a name `y` or `on` is a boolean.
      compat: "yaml-1.1",
    }).trimEnd();
}

async function printTable(
  resource: Resource,
  options: PrintOptions,
): Promise<void> {
  const { client, io, output, namespace, name, signal, whenNone } = options;
  const table = await client.rest.performRequest({
    method: "GET",
    path: resourcePath(resource, {
      ...(namespace ? { namespace } : {}),
      ...(name ? { name } : {}),
    }),
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
    expectJson: true,
    ...(signal ? { abortSignal: signal } : {}),
  }) as unknown as Table;
  const rows = table.rows ?? [];
  if (rows.length === 0) {
    await whenNone?.();
    io.err(
      namespace
        ? `No ${resource.plural} found in ${namespace}.`
        : `No ${resource.plural} found.`,
    );
    return;
  }
  const shown = table.columnDefinitions.map((column, i) => ({ column, i }))
    .filter(({ column }) => !column.priority || output === "wide");
  const withNamespace = resource.namespaced && !namespace;
  io.out(renderTable([
    [
      ...withNamespace ? ["NAMESPACE"] : [],
      ...shown.map(({ column }) => column.name.toUpperCase()),
    ],
    ...rows.map((row) => [
      ...withNamespace ? [row.object?.metadata?.namespace ?? ""] : [],
      ...shown.map(({ i }) => String(row.cells[i] ?? "<none>")),
    ]),
  ]));
}
