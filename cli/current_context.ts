import { join } from "node:path";
import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import type { Io } from "./io.ts";

/** Extension of a kubeconfig context where `workspace use -` finds its way back. */
const EXTENSION = "faros.sh/workspace";

/** kubectl reads YAML 1.1, where a namespace `y` or `on` is a boolean. */
const KUBECTL_YAML = { compat: "yaml-1.1" } as const;

/** The current context of a kubeconfig file, to be changed in place. */
export interface CurrentContext {
  /** File that the context stands in. */
  path: string;
  /** Name of the context. */
  name: string;
  namespace?: string;
  /** Namespace before the last {@linkcode CurrentContext.switchTo}. */
  previous?: string;
  /** Sets the namespace, and writes the file with all else in it as it was. */
  switchTo(namespace: string): Promise<void>;
}

/** Finds the context that kubectl would use, in the file that defines it. */
export async function currentContext(
  options: {
    kubeconfig?: string | undefined;
    context?: string | undefined;
    io: Pick<Io, "env">;
  },
): Promise<CurrentContext> {
  const paths = kubeconfigPaths(options);
  const documents: { path: string; document: Document }[] = [];
  for (const path of paths) {
    try {
      const text = await Deno.readTextFile(path);
      documents.push({ path, document: parseDocument(text, KUBECTL_YAML) });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  if (documents.length === 0) {
    throw new Error(
      `Cannot find a kubeconfig: ${paths.join(", ")} does not exist. ` +
        "Set KUBECONFIG or pass --kubeconfig.",
    );
  }
  const name = options.context ??
    documents.map(({ document }) => document.get("current-context"))
      .find((value) => typeof value === "string" && value);
  if (typeof name !== "string") {
    throw new Error(
      `Cannot choose a context: ${paths.join(", ")} sets no current-context. ` +
        "Pass --context NAME.",
    );
  }
  for (const { path, document } of documents) {
    const context = findByName(document.get("contexts"), name)?.get("context");
    if (isMap(context)) return contextOf({ path, document, name, context });
  }
  throw new Error(
    `Cannot use context ${name}: it is not in ${paths.join(", ")}`,
  );
}

function kubeconfigPaths(
  options: { kubeconfig?: string | undefined; io: Pick<Io, "env"> },
): string[] {
  if (options.kubeconfig) return [options.kubeconfig];
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const listed = options.io.env("KUBECONFIG")?.split(separator).filter(Boolean);
  if (listed?.length) return listed;
  const home = options.io.env("HOME") ?? options.io.env("USERPROFILE") ?? ".";
  return [join(home, ".kube", "config")];
}

function contextOf(
  found: { path: string; document: Document; name: string; context: YAMLMap },
): CurrentContext {
  const { path, document, name, context } = found;
  const extension = findByName(context.get("extensions"), EXTENSION);
  const text = (value: unknown) =>
    typeof value === "string" && value ? value : undefined;
  const namespace = text(context.get("namespace"));
  const previous = text(extension?.getIn(["extension", "previous"]));
  return {
    path,
    name,
    ...(namespace ? { namespace } : {}),
    ...(previous ? { previous } : {}),
    async switchTo(next) {
      context.set("namespace", next);
      if (namespace && namespace !== next) {
        const value = document.createNode({
          name: EXTENSION,
          extension: { previous: namespace },
        });
        const list = context.get("extensions");
        if (extension) {
          extension.set("extension", { previous: namespace });
        } else if (isSeq(list)) list.add(value);
        else context.set("extensions", document.createNode([value]));
      }
      await replaceFile(path, document.toString({ lineWidth: 0 }));
    },
  };
}

function findByName(list: unknown, name: string): YAMLMap | undefined {
  if (!isSeq(list)) return undefined;
  return list.items.find((item): item is YAMLMap =>
    isMap(item) && item.get("name") === name
  );
}

/** Replaces a file of credentials at once, keeping its mode. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  const { mode } = await Deno.stat(path);
  try {
    await Deno.writeTextFile(temporary, text, {
      mode: (mode ?? 0o600) & 0o777,
      createNew: true,
    });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new Error(
      `Cannot write kubeconfig ${path}: ${(error as Error).message}`,
    );
  }
}
