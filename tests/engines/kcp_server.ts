import { join } from "node:path";
import { clusterConfig } from "../../kube/cluster_config.ts";
import {
  type Kubeconfig,
  loadKubeconfig,
  writeKubeconfig,
} from "../../kube/kubeconfig.ts";
import { createRestClient } from "../../kube/rest_client.ts";
import { freePort, startProcess, type TestProcess } from "./process.ts";

/** A real kcp, for the length of a test. */
export interface KcpServer {
  /** URL without a workspace. */
  url: string;
  /** Folder of its files. */
  dir: string;
  /** Bearer tokens of the people, by their names. */
  tokens: ReadonlyMap<string, string>;
  /**
   * Writes a kubeconfig of a workspace, with one context.
   *
   * @param user One of {@linkcode KcpOptions.people}; `kcp-admin`; `shard-admin`, a member of system:masters.
   * @default {"kcp-admin"}
   * @returns its path
   */
  kubeconfig(workspace: string, user?: string): Promise<string>;
  /** Starts it again at the same address, on the same data, after it was killed. */
  restart(): Promise<void>;
  /** Kills it at once, as a crash does. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Why no real kcp can be started here; nothing where it can. */
export function kcpMissing(): string | undefined {
  return Deno.env.get("KCP_ASSETS")
    ? undefined
    : "KCP_ASSETS is not set (a folder with kcp)";
}

const TENANCY = "/apis/tenancy.kcp.io/v1alpha1";
/** It takes half a minute on a machine that has nothing else to do, in milliseconds. */
const TIMEOUT = 180_000;

/** Options of {@linkcode startKcp}. */
export interface KcpOptions {
  /** Its files go below that folder. */
  dir: string;
  /** Users who can log in, in no group. @default nobody but kcp's own */
  people?: readonly string[];
  /** PEM file of a CA whose client certificates are users, too. @default none */
  clientCA?: string;
}

/** Starts kcp with its own etcd, on free ports of the loopback interface. */
export async function startKcp(options: KcpOptions): Promise<KcpServer> {
  const missing = kcpMissing();
  if (missing) throw new Error(`Cannot start kcp: ${missing}`);
  const dir = join(options.dir, "kcp");
  await Deno.mkdir(dir, { recursive: true });
  const port = freePort();
  const url = `https://127.0.0.1:${port}`;
  const etcd = { client: freePort(), peer: freePort() };
  const tokens = new Map(
    (options.people ?? []).map((name) => [name, crypto.randomUUID()]),
  );
  const tokenFile = join(options.dir, "kcp-tokens.csv");
  await Deno.writeTextFile(
    tokenFile,
    [...tokens].map(([name, token]) => `${token},${name},\n`).join(""),
    { mode: 0o600 },
  );
  const run = async (): Promise<TestProcess> => {
    const process = startProcess(join(Deno.env.get("KCP_ASSETS")!, "kcp"), {
      args: [
        "start",
        ...["--root-directory", dir],
        ...["--bind-address", "127.0.0.1"],
        ...["--secure-port", String(port)],
        ...["--embedded-etcd-client-port", String(etcd.client)],
        ...["--embedded-etcd-peer-port", String(etcd.peer)],
        ...(tokens.size ? ["--token-auth-file", tokenFile] : []),
        ...(options.clientCA ? ["--client-ca-file", options.clientCA] : []),
      ],
      log: `${dir}.log`,
    });
    try {
      await untilReady(dir, process);
    } catch (error) {
      await process.kill();
      throw error;
    }
    return process;
  };
  let process = await run();
  return {
    url,
    dir,
    tokens,
    async kubeconfig(workspace, user = "kcp-admin") {
      const path = `${dir}-${user}-${
        workspace.replaceAll(":", "-")
      }.kubeconfig`;
      const all = await loadKubeconfig({ path: join(dir, "admin.kubeconfig") });
      for (const [name, token] of tokens) {
        all.users.push({ name, user: { token } });
      }
      await writeKubeconfig(path, of(all, { url, workspace, user }));
      return path;
    },
    kill: () => process.kill(),
    async restart() {
      process = await run();
    },
    close: () => process.kill(),
  };
}

function of(
  all: Kubeconfig,
  { url, workspace, user }: { url: string; workspace: string; user: string },
): Kubeconfig {
  const name = workspace;
  const { cluster } = all.clusters.find((c) => c.name === "base")!;
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{
      name,
      cluster: { ...cluster, server: `${url}/clusters/${workspace}` },
    }],
    users: all.users.filter((u) => u.name === user),
    contexts: [{
      name,
      context: { cluster: name, user, namespace: "default" },
    }],
  };
}

async function untilReady(dir: string, process: TestProcess): Promise<void> {
  const deadline = Date.now() + TIMEOUT;
  let last: unknown;
  while (Date.now() < deadline) {
    await Promise.race([
      new Promise((resolve) => setTimeout(resolve, 250)),
      process.failed,
    ]);
    try {
      const kubeconfig = await loadKubeconfig({
        path: join(dir, "admin.kubeconfig"),
        context: "root",
      });
      using rest = createRestClient(clusterConfig(kubeconfig));
      // Ready is not enough: what the first workspace is made of comes a moment later.
      for (const path of ["/readyz", `${TENANCY}/workspacetypes/universal`]) {
        await rest.performRequest({
          method: "GET",
          path,
          abortSignal: AbortSignal.timeout(5000),
        });
      }
      return;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`kcp is not ready after ${TIMEOUT / 1000} s: ${last}`);
}
