/** Git's own names for what changes when a branch moves. */
const RELEVANT =
  /(^|\/)(packed-refs|HEAD|refs(\/.*)?|reftable\/.*)$(?<!\.lock)/;

/**
 * Calls `changed` whenever refs of a local repository change, as far as the
 * file system tells. It may miss some (a network file system tells nothing),
 * so it only makes polling quicker.
 *
 * @param path A bare repository, or a work tree.
 * @returns Once the signal has ended it, or it cannot watch (any longer).
 */
export async function watchRefs(
  path: string,
  options: { changed: () => void; signal: AbortSignal },
): Promise<void> {
  const { changed, signal } = options;
  const gitDir = await exists(`${path}/.git`) ? `${path}/.git` : path;
  const paths = [`${gitDir}/refs`, `${gitDir}/reftable`];
  const folders = [];
  for (const p of paths) if (await exists(p)) folders.push(p);
  if (folders.length === 0 || signal.aborted) return;
  // The folder itself (packed-refs) without what is in it: a push writes many
  // objects below.
  const watchers = [
    Deno.watchFs(gitDir, { recursive: false }),
    Deno.watchFs(folders, { recursive: true }),
  ];
  const close = () => {
    for (const watcher of watchers.splice(0)) watcher.close();
  };
  signal.addEventListener("abort", close, { once: true });
  try {
    await Promise.all(watchers.map(async (watcher) => {
      for await (const event of watcher) {
        if (event.kind === "access") continue;
        // Git writes the new one beside the old (`main.lock`), and gives it its
        // name when it is whole: to look before costs a look.
        if (event.paths.some((path) => RELEVANT.test(path))) changed();
      }
    }));
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
