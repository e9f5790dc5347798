import { parse } from "yaml";
import { writePrivate } from "../authentication/private_file.ts";
import { kubeconfig, type KubeconfigOptions } from "./kubeconfig.ts";

/**
 * Sees to it that the kubeconfig at `path` leads to a server as somebody. One
 * that does so already stays as it is: people choose contexts in it, and other
 * programs add theirs.
 */
export async function keepKubeconfig(
  path: string,
  options: KubeconfigOptions,
): Promise<void> {
  if (leadsTo(await read(path), options)) return;
  await writePrivate(path, kubeconfig(options));
}

async function read(path: string): Promise<unknown> {
  try {
    return parse(await Deno.readTextFile(path));
  } catch {
    return undefined; // not there, or no YAML: it is written anew
  }
}

function leadsTo(
  config: unknown,
  { url, caData, token }: KubeconfigOptions,
): boolean {
  const ca = caData && btoa(caData);
  const some = (list: string, test: (entry: Entry) => boolean) => {
    const entries = (config as Record<string, unknown> | undefined)?.[list];
    return Array.isArray(entries) && entries.some((entry) => test(entry ?? {}));
  };
  return some(
    "clusters",
    ({ cluster }) =>
      cluster?.server === url && cluster["certificate-authority-data"] === ca,
  ) &&
    some("users", ({ user }) => user?.token === token);
}

interface Entry {
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
}
