import { join } from "node:path";
import { type Child, startChild } from "../../cli/demo/child.ts";
import { createKubectl, type Kubectl } from "../e2e/kubectl.ts";
import { freePort } from "../engines/process.ts";

/** Namespace of Flux, its sources and its Kustomizations. */
export const FLUX_NAMESPACE = "flux-system";

const CONTROLLERS = ["source-controller", "kustomize-controller"] as const;

/** Flux at an API server. */
export interface Flux {
  /** The last lines of its controllers. */
  tail(): string;
  stop(): Promise<void>;
}

/** Why Flux cannot be run here; nothing where it can. */
export function fluxMissing(): string | undefined {
  return Deno.env.get("FLUX_ASSETS")
    ? undefined
    : 'FLUX_ASSETS is not set; eval "$(tests/flux/build_flux)"';
}

/**
 * Installs what Flux needs and starts its controllers, each with a ServiceAccount
 * that may do everything, as `flux install` does.
 *
 * @param options.dir Folder for its files; the caller removes it.
 */
export async function startFlux(
  kubeconfig: string,
  { dir }: { dir: string },
): Promise<Flux> {
  const assets = Deno.env.get("FLUX_ASSETS")!;
  const kubectl = createKubectl(kubeconfig, { dir });
  const crds = join(assets, "crds");
  await done(kubectl, "apply", "--server-side", "-f", crds);
  await done(kubectl, "wait", "--for=condition=Established", "-f", crds);
  await done(kubectl, "create", "namespace", FLUX_NAMESPACE);
  const storage = join(dir, "storage");
  await Deno.mkdir(storage);
  const address = `127.0.0.1:${freePort()}`;
  const children: Child[] = [];
  for (const name of CONTROLLERS) {
    const file = await loginAs(name, { kubectl, dir });
    const args = name === "source-controller"
      ? [
        ...[`--storage-path=${storage}`, `--storage-addr=${address}`],
        `--storage-adv-addr=${address}`,
      ]
      : ["--requeue-dependency=1s"];
    children.push(startChild([
      join(assets, name),
      ...args,
      "--metrics-addr=127.0.0.1:0",
      "--health-addr=127.0.0.1:0",
    ], {
      name,
      cwd: dir,
      env: { KUBECONFIG: file, RUNTIME_NAMESPACE: FLUX_NAMESPACE },
    }));
  }
  return {
    tail: () =>
      children.map((child) => `--- ${child.name}\n${child.tail(15)}`)
        .join("\n"),
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}

/** Runs kubectl, which has to succeed; what it printed. */
export async function done(
  kubectl: Kubectl,
  ...args: string[]
): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** A kubeconfig of a controller's own ServiceAccount. */
async function loginAs(
  name: string,
  { kubectl, dir }: { kubectl: Kubectl; dir: string },
): Promise<string> {
  const inFlux = ["-n", FLUX_NAMESPACE];
  await done(kubectl, "create", "serviceaccount", name, ...inFlux);
  await done(
    kubectl,
    ...["create", "clusterrolebinding", name, "--clusterrole=cluster-admin"],
    `--serviceaccount=${FLUX_NAMESPACE}:${name}`,
  );
  const token = await done(kubectl, "create", "token", name, ...inFlux);
  const file = join(dir, `${name}.kubeconfig`);
  const minified = ["config", "view", "--raw", "--minify", "--flatten"];
  await Deno.writeTextFile(file, await done(kubectl, ...minified), {
    mode: 0o600,
  });
  const own = createKubectl(file, { dir });
  const user = ["config", "set-credentials", name, `--token=${token.trim()}`];
  await done(own, ...user);
  await done(own, "config", "set-context", "--current", `--user=${name}`);
  return file;
}
