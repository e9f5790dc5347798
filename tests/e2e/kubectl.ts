import { join } from "node:path";

/** What a run of kubectl came to. */
export interface KubectlResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs kubectl with one kubeconfig. */
export type Kubectl = (
  args: readonly string[],
  options?: { stdin?: string; env?: Record<string, string> },
) => Promise<KubectlResult>;

/** The kubectl there is; undefined where there is none. */
export function findKubectl(): string | undefined {
  // That of the servers' own version first.
  const folders = [
    Deno.env.get("KUBEBUILDER_ASSETS") ?? "",
    ...(Deno.env.get("PATH") ?? "").split(":"),
  ];
  return folders.filter(Boolean).map((folder) => join(folder, "kubectl"))
    .find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
}

/** A kubectl for a kubeconfig; its cache goes below `dir`. */
export function createKubectl(
  kubeconfig: string,
  options: { dir: string },
): Kubectl {
  const program = findKubectl();
  if (!program) throw new Error("Cannot run kubectl: it is not on the PATH");
  return async (args, { stdin, env } = {}) => {
    const child = new Deno.Command(program, {
      args: [...args],
      env: {
        ...env,
        KUBECONFIG: kubeconfig,
        KUBECACHEDIR: join(options.dir, "kubectl-cache"),
      },
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(stdin));
      await writer.close();
    }
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  };
}
