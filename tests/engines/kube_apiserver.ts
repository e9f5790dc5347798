import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { createRestClient } from "../../kube/rest_client.ts";
import { writeKubeconfig } from "../../kube/kubeconfig.ts";
import { freePort, startProcess, type TestProcess } from "./process.ts";

/** A real Kubernetes control plane, for the length of a test. */
export interface KubeApiserver {
  /** Kubeconfig of an administrator, with one context. */
  kubeconfigPath: string;
  url: string;
  /** Bearer token of a member of `system:masters`. */
  adminToken: string;
  /** Bearer tokens of the people, by their names. */
  tokens: ReadonlyMap<string, string>;
  /** PEM certificates. */
  caData: string;
  /** Folder of its files; gone after `close`. */
  dir: string;
  close(): Promise<void>;
}

/** Why no real kube-apiserver can be started here; nothing where it can. */
export function kubeApiserverMissing(): string | undefined {
  return Deno.env.get("KUBEBUILDER_ASSETS")
    ? undefined
    : "KUBEBUILDER_ASSETS is not set (a folder with etcd, kube-apiserver and kube-controller-manager)";
}

/** Controllers that objects without pods need. */
const CONTROLLERS = [
  "clusterrole-aggregation-controller",
  "garbage-collector-controller",
  "namespace-controller",
  "resourcequota-controller",
  "root-ca-certificate-publisher-controller",
  "serviceaccount-controller",
  "serviceaccount-token-controller",
];

/** Options of {@linkcode startKubeApiserver}. */
export interface KubeApiserverOptions {
  /** Namespace deletion, garbage collection, ServiceAccounts. @default {false} */
  controllerManager?: boolean;
  /** Sync to disk before an answer, as in production. @default {false} */
  fsync?: boolean;
  /** More flags of kube-apiserver. */
  args?: string[];
  /** Users who can log in, in no group. @default nobody but the administrator */
  people?: readonly string[];
}

/** A port that was free may be another program's a moment later. */
const ATTEMPTS = 3;

/**
 * Starts etcd, kube-apiserver and, where asked, kube-controller-manager of
 * `KUBEBUILDER_ASSETS`, on free ports of the loopback interface.
 *
 * @returns nothing where {@linkcode kubeApiserverMissing}
 */
export async function startKubeApiserver(
  options: KubeApiserverOptions = {},
): Promise<KubeApiserver | undefined> {
  const assets = Deno.env.get("KUBEBUILDER_ASSETS");
  if (!assets) return undefined;
  for (let attempt = 1;; attempt++) {
    try {
      return await startIn(assets, options);
    } catch (error) {
      const isTaken = /address already in use/.test(String(error));
      if (!isTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startIn(
  assets: string,
  options: KubeApiserverOptions,
): Promise<KubeApiserver> {
  const dir = await Deno.makeTempDir({ prefix: "kube-apiserver-" });
  const processes: TestProcess[] = [];
  const close = async () => {
    // Those that others need last.
    for (const process of processes.splice(0).reverse()) await process.kill();
    await Deno.remove(dir, { recursive: true });
  };
  const start = (name: string, args: string[]) => {
    const process = startProcess(join(assets, name), {
      args,
      log: join(dir, `${name}.log`),
    });
    processes.push(process);
    return process;
  };
  try {
    const etcdUrl = startEtcd(dir, { start, fsync: options.fsync ?? false });
    const files = await writeCredentials(dir, options.people ?? []);
    const port = freePort();
    const url = `https://127.0.0.1:${port}`;
    start("kube-apiserver", [
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${join(dir, "certs")}`,
      `--service-account-key-file=${files.saKey}`,
      `--service-account-signing-key-file=${files.saKey}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-cluster-ip-range=10.0.0.0/24",
      `--token-auth-file=${files.tokens}`,
      "--authorization-mode=RBAC",
      "--endpoint-reconciler-type=none",
      ...options.args ?? [],
    ]);
    const caData = await waitReady(url, {
      token: files.adminToken,
      certificate: join(dir, "certs", "apiserver.crt"),
      processes,
    });
    const kubeconfigPath = join(dir, "admin.kubeconfig");
    await writeAdminKubeconfig(kubeconfigPath, {
      url,
      caData,
      token: files.adminToken,
    });
    if (options.controllerManager) {
      start("kube-controller-manager", [
        `--kubeconfig=${kubeconfigPath}`,
        `--service-account-private-key-file=${files.saKey}`,
        "--leader-elect=false",
        "--secure-port=0",
        `--controllers=${CONTROLLERS.join(",")}`,
      ]);
    }
    return {
      kubeconfigPath,
      url,
      adminToken: files.adminToken,
      tokens: files.people,
      caData,
      dir,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startEtcd(
  dir: string,
  { start, fsync }: {
    start: (name: string, args: string[]) => TestProcess;
    fsync: boolean;
  },
): string {
  const url = `http://127.0.0.1:${freePort()}`;
  start("etcd", [
    `--data-dir=${join(dir, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    "--listen-peer-urls=http://127.0.0.1:0",
    // Nothing of a test has to outlive the machine.
    ...fsync ? [] : ["--unsafe-no-fsync"],
    "--log-level=error",
  ]);
  return url;
}

async function writeCredentials(dir: string, names: readonly string[]) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const saKey = join(dir, "service-account.key");
  const options = { mode: 0o600 };
  await Deno.writeTextFile(
    saKey,
    privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    options,
  );
  const adminToken = crypto.randomUUID();
  const people = new Map(names.map((name) => [name, crypto.randomUUID()]));
  const tokens = join(dir, "tokens.csv");
  await Deno.writeTextFile(
    tokens,
    [
      `${adminToken},system:admin,,"system:masters"\n`,
      ...[...people].map(([name, token]) => `${token},${name},\n`),
    ].join(""),
    options,
  );
  return { saKey, tokens, adminToken, people };
}

async function waitReady(
  url: string,
  { token, certificate, processes }: {
    token: string;
    certificate: string;
    processes: TestProcess[];
  },
): Promise<string> {
  const deadline = Date.now() + 60_000;
  let last: unknown = "it has made no certificate";
  while (Date.now() < deadline) {
    // Whichever program ends by itself says why.
    await Promise.race([
      new Promise((resolve) => setTimeout(resolve, 100)),
      ...processes.map((process) => process.failed),
    ]);
    // The server's own certificate, followed by the CA that it made.
    const caData = await Deno.readTextFile(certificate).catch(() => "");
    if (!caData) continue;
    using rest = createRestClient({ server: url, caData, token });
    try {
      const path = "/readyz";
      const abortSignal = AbortSignal.timeout(5000);
      await rest.performRequest({ method: "GET", path, abortSignal });
      return caData;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`kube-apiserver is not ready after 60 s: ${last}`);
}

async function writeAdminKubeconfig(
  path: string,
  { url, caData, token }: { url: string; caData: string; token: string },
): Promise<void> {
  await writeKubeconfig(path, {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "admin",
    clusters: [{
      name: "kube",
      cluster: { server: url, "certificate-authority-data": btoa(caData) },
    }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{
      name: "admin",
      context: { cluster: "kube", user: "admin", namespace: "default" },
    }],
  });
}
