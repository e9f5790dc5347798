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
  const own = kubeconfig(options);
  const found = await read(path);
  if (found === own) return;
  if (found !== undefined && leadsTo(await parse(found), options)) return;
  await writePrivate(path, own);
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return undefined; // not there: it is written anew
  }
}

async function parse(text: string): Promise<unknown> {
  // Loaded where others have changed it only: the library takes 4 MB and a good part of a start.
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch {
    return undefined; // no YAML: it is written anew
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
