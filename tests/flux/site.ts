import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Condition, KubeObject } from "../../api/meta.ts";
import {
  createFleetRepository,
  type FleetRepository,
} from "../../cli/demo/fleet_repository.ts";
import { waitUntil } from "../../cli/demo/wait_until.ts";
import { startGitServer } from "../../gitops/source/testing/git_server.ts";
import { createKubectl, findKubectl, type Kubectl } from "../e2e/kubectl.ts";
import type { Engine } from "../engines/engine.ts";
import { codeBlocks, run } from "../page_commands.ts";
import { done, FLUX_NAMESPACE, startFlux } from "./flux.ts";

/** Longest wait for anything, in milliseconds. */
const TIMEOUT = 180_000;

const PAGE = new URL("../../docs/flux.md", import.meta.url);
const ROOT = new URL("../../", import.meta.url);

/** What is said of an object. */
export interface Told extends KubeObject {
  status?: {
    conditions?: Condition[];
    lastHandledReconcileAt?: string;
    lastAttemptedRevision?: string;
  };
}

/** A hub, Flux, a Git server, and docs/flux.md to follow. */
export interface Site extends AsyncDisposable {
  kubectl: Kubectl;
  /** The fleet of fixtures/. */
  fleet: FleetRepository;
  /** Another repository, at `platform/fleet.git` of the server. */
  platform: FleetRepository;
  /** URL of the Git server. */
  url: string;
  /** The files that the page shows, with the URL of the Git server. */
  files: Map<string, string>;
  /** Runs the page's commands that match, as they are written. */
  follow(which: RegExp, as?: Record<string, string>): Promise<string>;
  get<T extends KubeObject = Told>(...what: string[]): Promise<T>;
  apply(yaml: string): Promise<void>;
  /** Commits and pushes. */
  push(files: Record<string, string | null>): Promise<string>;
  /**
   * As `flux reconcile kustomization --with-source`, of one that may fail.
   *
   * @returns its condition Ready
   */
  sync(kustomization: string, source?: string): Promise<Condition>;
  until<T>(what: string, look: () => Promise<T>): Promise<T>;
}

/** Starts all of it. */
export async function startSite(engine: Engine): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "faros-flux-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const running = await engine.start({ dir });
  stack.defer(() => running.close());
  const { kubeconfig } = running;
  const kubectl = createKubectl(kubeconfig, { dir });
  const fleet = await createFleetRepository(dir, {
    source: new URL("../../fixtures/fleet/", import.meta.url),
  });
  const platform = await createFleetRepository(join(dir, "platform"), {
    source: new URL("../e2e/empty/", import.meta.url),
  });
  const git = stack.use(await startGitServer(dir));
  const flux = await startFlux(kubeconfig, { dir });
  stack.defer(() => flux.stop());

  const blocks = codeBlocks(
    (await Deno.readTextFile(PAGE)).replaceAll(
      "https://git.example.org",
      git.url,
    ),
  );
  const files = new Map<string, string>();
  for (const block of blocks) {
    if (!("file" in block)) continue;
    files.set(block.file, block.content);
    await Deno.mkdir(dirname(join(dir, block.file)), { recursive: true });
    await Deno.writeTextFile(join(dir, block.file), block.content);
  }
  // Paths are those of a checkout.
  await Deno.symlink(fileURLToPath(new URL("deploy", ROOT)), `${dir}/deploy`);

  const until: Site["until"] = (what, look) =>
    waitUntil(what, look, {
      timeout: TIMEOUT,
      interval: 200,
      explain: () => flux.tail(),
    }) as ReturnType<Site["until"]> as never;
  const get = async <T extends KubeObject>(...what: string[]) =>
    JSON.parse(await done(kubectl, "get", ...what, "-o", "json")) as T;
  const reconcile = async (what: string) => {
    const stamp = crypto.randomUUID();
    const inFlux = ["-n", FLUX_NAMESPACE];
    const asked = `reconcile.fluxcd.io/requestedAt=${stamp}`;
    await done(kubectl, "annotate", "--overwrite", what, asked, ...inFlux);
    return await until(`${what} was looked at`, async () => {
      const { status } = await get<Told>(what, ...inFlux);
      const ready = status?.conditions?.find((c) => c.type === "Ready");
      const isDone = status?.lastHandledReconcileAt === stamp &&
        ready !== undefined && ready.status !== "Unknown" &&
        // It tries that again by itself.
        ready.reason !== "DependencyNotReady";
      return isDone ? ready : undefined!;
    });
  };
  const all = stack.move();
  return {
    kubectl,
    fleet,
    platform,
    url: git.url,
    files,
    get,
    until,
    async follow(which, as = {}) {
      const found = blocks.filter((block) =>
        "commands" in block && which.test(block.commands)
      );
      const [block] = found;
      if (!block || !("commands" in block) || found.length > 1) {
        throw new Error(`docs/flux.md has ${found.length} blocks of ${which}`);
      }
      let { commands } = block;
      for (const [word, value] of Object.entries(as)) {
        commands = commands.replace(word, value);
      }
      const path = `${dirname(findKubectl()!)}:${Deno.env.get("PATH")}`;
      return await run(commands, {
        cwd: dir,
        env: { KUBECONFIG: kubeconfig, PATH: path },
      });
    },
    async apply(yaml) {
      const { code, stderr } = await kubectl(["apply", "-f", "-"], {
        stdin: yaml,
      });
      if (code !== 0) throw new Error(stderr);
    },
    async push(changed) {
      const commit = await fleet.commit("A change", changed);
      await fleet.push();
      return commit;
    },
    async sync(kustomization, source = "fleet") {
      await reconcile(`gitrepository/${source}`);
      return await reconcile(`kustomization/${kustomization}`);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
