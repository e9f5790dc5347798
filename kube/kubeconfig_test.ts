import assert from "node:assert/strict";
import { join } from "node:path";
import { clusterConfig } from "./cluster_config.ts";
import {
  loadKubeconfig,
  parseKubeconfig,
  writeKubeconfig,
} from "./kubeconfig.ts";

async function withDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const ONE = `
apiVersion: v1
kind: Config
current-context: press
clusters:
- name: hub
  cluster: {server: "https://hub:6443", certificate-authority: ca.pem}
users:
- name: agent
  user: {tokenFile: secrets/token}
contexts:
- name: press
  context:
    cluster: hub
    user: agent
    namespace: site-a
    extensions:
    - name: faros.sh/agent
      extension: {agent: press-7}
`;

const TWO = `
apiVersion: v1
kind: Config
current-context: other
clusters:
- name: hub
  cluster: {server: "https://elsewhere:6443"}
- name: lab
  cluster: {server: "https://lab:6443"}
users:
- name: bob
  user: {token: bobs-token}
contexts:
- name: other
  context: {cluster: lab, user: bob}
`;

Deno.test("loadKubeconfig merges the files of KUBECONFIG, of which the first wins", () =>
  withDir(async (dir) => {
    await Deno.mkdir(join(dir, "a"));
    await Deno.writeTextFile(join(dir, "a", "one"), ONE);
    await Deno.writeTextFile(join(dir, "a", "ca.pem"), "PEM of the hub");
    await Deno.writeTextFile(join(dir, "two"), TWO);
    const paths = [join(dir, "a", "one"), join(dir, "gone"), join(dir, "two")];
    const env = new Map([["KUBECONFIG", paths.join(":")]]);
    const merged = await loadKubeconfig({ env });
    assert.deepEqual(clusterConfig(merged), {
      server: "https://hub:6443",
      caData: "PEM of the hub",
      clientCert: undefined,
      clientKey: undefined,
      exec: undefined,
      extensions: [{ name: "faros.sh/agent", extension: { agent: "press-7" } }],
      impersonate: undefined,
      insecureSkipTlsVerify: undefined,
      namespace: "site-a",
      password: undefined,
      proxyUrl: undefined,
      tlsServerName: undefined,
      token: undefined,
      tokenFile: join(dir, "a", "secrets", "token"),
      username: undefined,
    });
    const other = clusterConfig(
      await loadKubeconfig({ env, context: "other" }),
    );
    assert.equal(other.server, "https://lab:6443");
    assert.equal(other.token, "bobs-token");
  }));

Deno.test("loadKubeconfig falls back to ~/.kube/config, and then to the pod's ServiceAccount", () =>
  withDir(async (dir) => {
    const env = new Map([
      ["HOME", dir],
      ["KUBERNETES_SERVICE_HOST", "fd00::1"],
      ["KUBERNETES_SERVICE_PORT", "6443"],
    ]);
    await Deno.writeTextFile(join(dir, "namespace"), "faros-system\n");
    await Deno.writeTextFile(join(dir, "ca.crt"), "PEM of the cluster");
    const load = () => loadKubeconfig({ env, serviceAccountDir: dir });
    const pod = clusterConfig(await load());
    assert.equal(pod.server, "https://[fd00::1]:6443");
    assert.equal(pod.caData, "PEM of the cluster");
    assert.equal(pod.tokenFile, join(dir, "token"));
    assert.equal(pod.namespace, "faros-system");
    await Deno.mkdir(join(dir, ".kube"));
    await Deno.writeTextFile(join(dir, ".kube", "config"), TWO);
    assert.equal(clusterConfig(await load()).server, "https://lab:6443");
    env.clear();
    await assert.rejects(load(), {
      message:
        "Cannot find a kubeconfig: HOME is not set and this is no pod of a cluster. Set KUBECONFIG or pass --kubeconfig.",
    });
  }));

Deno.test("loadKubeconfig names the contexts there are when it lacks one", () =>
  withDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "one"), ONE);
    await assert.rejects(
      loadKubeconfig({ path: join(dir, "one"), context: "nope" }),
      {
        message: `Cannot use context "nope": kubeconfig ${
          join(dir, "one")
        } has press`,
      },
    );
  }));

Deno.test("parseKubeconfig never quotes the file that it cannot parse", () => {
  const broken = "users:\n- name: a\n  user: {token: s3cret-token\n bad: [";
  assert.throws(
    () => parseKubeconfig(broken, { source: "/etc/k" }),
    (error: Error) => {
      assert.match(error.message, /^Cannot parse \/etc\/k: .* line \d/);
      assert(!Deno.inspect(error).includes("s3cret"));
      return true;
    },
  );
});

Deno.test("clusterConfig says what is missing", () => {
  const parse = (text: string) => clusterConfig(parseKubeconfig(text));
  assert.throws(() => parse("{}"), {
    message:
      "Cannot choose a context: no current-context is set; the kubeconfig has no contexts",
  });
  assert.throws(
    () => parse("contexts: [{name: a, context: {cluster: c}}]"),
    {
      message: 'Cannot use context a: its cluster "c" is not in the kubeconfig',
    },
  );
  assert.throws(
    () =>
      parse(`
clusters: [{name: c, cluster: {server: "https://c"}}]
contexts: [{name: a, context: {cluster: c, user: u}}]`),
    { message: 'Cannot use context a: its user "u" is not in the kubeconfig' },
  );
});

Deno.test("writeKubeconfig replaces a file whole, for its owner's eyes only", () =>
  withDir(async (dir) => {
    const path = join(dir, "new", "config");
    const config = parseKubeconfig(ONE, { baseDir: dir });
    await writeKubeconfig(path, config);
    await Deno.chmod(path, 0o644);
    config.contexts[0]!.context.namespace = "site-b";
    await writeKubeconfig(path, config);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    assert.deepEqual(await loadKubeconfig({ path }), config);
    const left = await Array.fromAsync(Deno.readDir(join(dir, "new")));
    assert.deepEqual(left.map((entry) => entry.name), ["config"]);
  }));
