import { KUBECONFIG_EXTENSION } from "../api/names.ts";
import { parseKubeconfig } from "../kube/kubeconfig.ts";

/**
 * Makes sure that the kubeconfig of a device may be written to `path`: nothing is there, an empty file, or another such
 * kubeconfig.
 *
 * @throws where it would take the place of anything else, such as somebody's own kubeconfig
 */
export async function requireJoinFile(path: string): Promise<void> {
  let text: string;
  try {
    if (!(await Deno.stat(path)).isFile) {
      throw new Error(
        `Cannot write ${path}: it is no file; name one, or - for standard output`,
      );
    }
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (text.trim() === "" || isJoinKubeconfig(text)) return;
  throw new Error(
    `Cannot write ${path}: a file is there already that is not the kubeconfig of a device; name another, or remove that one`,
  );
}

function isJoinKubeconfig(text: string): boolean {
  try {
    const { contexts } = parseKubeconfig(text);
    return contexts.length > 0 &&
      contexts.every(({ context }) =>
        context.extensions?.some(({ name }) => name === KUBECONFIG_EXTENSION)
      );
  } catch {
    return false;
  }
}
