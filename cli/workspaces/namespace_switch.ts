import { isSeq } from "yaml";
import { type KubeconfigFiles, named } from "./kubeconfig_files.ts";
import type { WorkspaceSwitch } from "./workspace_switch.ts";

/** Extension of a kubeconfig context where `workspace use -` finds its way back. */
const EXTENSION = "faros.sh/workspace";

/** Goes to other workspaces by the namespace of the current context. */
export function namespaceSwitch(files: KubeconfigFiles): WorkspaceSwitch {
  const name = files.contextName;
  const { path, value: context, document } = files.get("contexts", name);
  const extension = named(context.get("extensions"), EXTENSION);
  const current = text(context.get("namespace"));
  const previous = text(extension?.getIn(["extension", "previous"]));

  const goTo = (namespace: string) => {
    context.set("namespace", namespace);
    if (current && current !== namespace) {
      const value = { previous: current };
      const list = context.get("extensions");
      if (extension) extension.set("extension", value);
      else {
        const node = document.createNode({ name: EXTENSION, extension: value });
        if (isSeq(list)) list.add(node);
        else context.set("extensions", document.createNode([node]));
      }
    }
    files.touch(path);
    return { workspace: namespace, context: name };
  };

  return {
    current,
    goTo: ({ namespace }) => goTo(namespace),
    goBack() {
      if (previous !== undefined) return goTo(previous);
      throw new Error(
        `Cannot go back: context ${name} of ${path} was in no other workspace before`,
      );
    },
  };
}

/** Without what {@linkcode namespaceSwitch} notes in a context. */
export function withoutNote(
  context: Record<string, unknown>,
): Record<string, unknown> {
  const { extensions, ...rest } = context;
  const others = Array.isArray(extensions)
    ? extensions.filter(({ name }) => name !== EXTENSION)
    : [];
  return others.length ? { ...rest, extensions: others } : rest;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}
