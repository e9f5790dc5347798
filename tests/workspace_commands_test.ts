/**
 * `kubectl faros workspace` on each engine, as people type it: with kubectl, and
 * with kcp's `kubectl ws` on the same kubeconfig.
 *
 * @module
 */
import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitUntil } from "../cli/demo/wait_until.ts";
import { loadKubeconfig, stringifyKubeconfig } from "../kube/kubeconfig.ts";
import { findKubectl } from "./e2e/kubectl.ts";
import { agentManifest } from "./e2e/manifests.ts";
import { embedded } from "./engines/embedded.ts";
import type { Engine } from "./engines/engine.ts";
import { kcp } from "./engines/kcp.ts";
import { kubernetes } from "./engines/kubernetes.ts";

/** What a command line came to. */
interface Result {
  code: number;
  out: string;
  err: string;
}

/** Runs command lines as a shell does, with one kubeconfig. */
type Shell = (line: string, stdin?: string) => Promise<Result>;

/** Longest wait for kcp to let somebody in, in milliseconds. */
const TIMEOUT = 60_000;

for (const engine of [embedded, kubernetes, kcp] satisfies Engine[]) {
  const missing = engine.missing ??
    (findKubectl() ? undefined : "there is no kubectl on the PATH");
  Deno.test({
    name:
      `kubectl faros workspace on ${engine.name}: made, used, shown as a tree, deleted${
        missing ? ` (skipped: ${missing})` : ""
      }`,
    ignore: missing !== undefined,
    async fn(t) {
      const dir = await Deno.makeTempDir({ prefix: "faros-workspace-" });
      try {
        const people = ["ann"];
        const running = await engine.start({ dir, people });
        try {
          const bin = await install(dir);
          const shell = async (name: string, text: string): Promise<Shell> => {
            // A copy of their own: the hub keeps the original.
            const path = join(dir, `${name}.kubeconfig`);
            await Deno.writeTextFile(path, text, { mode: 0o600 });
            return startShell({ dir, bin, kubeconfig: path });
          };
          const original = await loadKubeconfig({ path: running.kubeconfig });
          const admin = await shell("admin", stringifyKubeconfig(original));
          const ann = await running.person("ann");
          const member = await shell(
            "ann",
            stringifyKubeconfig({
              ...original,
              users: original.users.map(({ name }) => ({
                name,
                user: { token: ann.token },
              })),
            }),
          );
          await t.step("made and listed", () => make(admin, ann.user));
          await t.step("used, and back", () => use(admin));
          await t.step("shown as a tree", () => showTree(admin));
          await t.step("used by a member", () => useAsMember(member));
          if (engine === kcp) {
            await t.step("beside kubectl ws", () => besideWs(admin));
          }
          await t.step("deleted", () => remove(admin));
        } finally {
          await running.close();
        }
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

async function make(sh: Shell, member: string): Promise<void> {
  assert.deepEqual(
    await sh(`kubectl faros workspace create north --member ${member}=viewer`),
    { code: 0, out: "workspace.tenancy.faros.sh/north created\n", err: "" },
  );
  await ok(sh, "kubectl faros workspace create south");
  const again = await sh("kubectl faros workspace create north");
  assert.equal(again.code, 1);
  assert.match(again.err, /already exists/);
  const table = (await ok(sh, "kubectl faros workspace get")).split("\n");
  assert.match(table[1]!, /^north +Ready +True/);
  assert.match(table[2]!, /^south +Ready +True/);
}

async function use(sh: Shell): Promise<void> {
  const agents = async () =>
    (await ok(sh, "kubectl get agents -o name")).trim();
  assert.match(
    await ok(sh, "kubectl faros workspace use north"),
    /^Now in workspace (root:faros:)?north \(context .+\)\.\n$/,
  );
  await ok(sh, "kubectl apply -f -", agentManifest("press-1"));
  assert.equal(await agents(), "agent.edge.faros.sh/press-1");
  assert.match(await ok(sh, "kubectl faros agent get"), /^press-1 /m);

  // From one to the other, without a way past the hub's.
  await ok(sh, "kubectl faros workspace use south");
  assert.equal(await agents(), "");
  assert.match(await ok(sh, "kubectl faros agent get -w north"), /^press-1 /m);
  await ok(sh, "kubectl faros workspace use -");
  assert.match(
    await ok(sh, "kubectl faros workspace use"),
    /^(root:faros:)?north\n$/,
  );
  assert.equal(await agents(), "agent.edge.faros.sh/press-1");
  await ok(sh, "kubectl faros workspace use -");
  assert.equal(await agents(), "");

  const unknown = await sh("kubectl faros workspace use nort");
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /did you mean north\?/);
  // It is where it was.
  assert.match(
    await ok(sh, "kubectl faros workspace use"),
    /^(root:faros:)?south\n$/,
  );
}

async function showTree(sh: Shell): Promise<void> {
  const [root, north, south, end] =
    (await ok(sh, "kubectl faros workspace tree")).split("\n");
  assert.match(root!, /^(root:faros|127\.0\.0\.1:\d+)$/);
  assert.equal(north, "├── north   Ready   1 agent, 0 online");
  assert.equal(south, "└── south   Ready   0 agents");
  assert.equal(end, "");
  const tree = JSON.parse(
    await ok(sh, "kubectl faros workspace tree -o json"),
  );
  assert.equal(tree.name, root);
  assert.deepEqual(
    tree.workspaces.map((
      { name, phase, agents }: Record<string, unknown>,
    ) => ({ name, phase, agents })),
    [
      { name: "north", phase: "Ready", agents: { total: 1, online: 0 } },
      { name: "south", phase: "Ready", agents: { total: 0, online: 0 } },
    ],
  );
  assert.match(
    await ok(sh, "kubectl faros workspace tree -o yaml"),
    /^ {2}- name: north$/m,
  );
}

async function useAsMember(sh: Shell): Promise<void> {
  await ok(sh, "kubectl faros workspace use north");
  assert.equal(
    await ok(sh, "kubectl get agents -o name"),
    "agent.edge.faros.sh/press-1\n",
  );
  // All workspaces are not for members to see.
  const tree = await sh("kubectl faros workspace tree");
  assert.equal(tree.code, 1);
  assert.match(tree.err, /forbidden/);
}

/** kcp's own plugin and this one go on where the other has been. */
async function besideWs(sh: Shell): Promise<void> {
  const where = () => ok(sh, "kubectl ws .");
  await ok(sh, "kubectl faros workspace use north");
  assert.match(await where(), /Current workspace is 'root:faros:north'/);
  await ok(sh, "kubectl ws :root:faros:south");
  assert.equal(
    await ok(sh, "kubectl faros workspace use"),
    "root:faros:south\n",
  );
  await ok(sh, "kubectl faros workspace use -");
  assert.match(await where(), /'root:faros:north'/);
  await ok(sh, "kubectl ws -");
  assert.match(await where(), /'root:faros:south'/);
  await ok(sh, "kubectl ws :root");
  // From where there are none of Faros's, it says where they are.
  const lost = await sh("kubectl faros workspace use north");
  assert.equal(lost.code, 1);
  assert.match(lost.err, /kubectl ws :root:faros/);
  await ok(sh, "kubectl ws :root:faros");
  await ok(sh, "kubectl faros workspace use south");
  await ok(sh, "kubectl ws ..");
  assert.match(await where(), /'root:faros'/);
  await ok(sh, "kubectl faros workspace use -");
  assert.match(await where(), /'root:faros:south'/);
}

async function remove(sh: Shell): Promise<void> {
  assert.match(
    (await sh("kubectl faros workspace delete north")).err,
    /say --yes/,
  );
  // Also from inside of the one that goes.
  await ok(sh, "kubectl faros workspace use north");
  await ok(sh, "kubectl faros workspace delete south --yes");
  assert.equal(
    await ok(sh, "kubectl faros workspace get -o name"),
    "workspace.tenancy.faros.sh/north\n",
  );
}

/** Runs a line that has to succeed; right after a workspace was made, kcp may need a moment. */
async function ok(sh: Shell, line: string, stdin?: string): Promise<string> {
  let last: Result | undefined;
  return await waitUntil(
    `${line} succeeded`,
    async () => {
      last = await sh(line, stdin);
      return last.code === 0 && { out: last.out };
    },
    { timeout: TIMEOUT, interval: 500, explain: () => JSON.stringify(last) },
  ).then(({ out }) => out);
}

/** `faros` and `kubectl-faros` as `deno task install` makes them. */
async function install(dir: string): Promise<string> {
  const bin = join(dir, "bin");
  const script = fileURLToPath(new URL("../cli/install.ts", import.meta.url));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, "--dir", bin],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return bin;
}

function startShell(
  { dir, bin, kubeconfig }: { dir: string; bin: string; kubeconfig: string },
): Shell {
  const path = [
    bin,
    Deno.env.get("KUBEBUILDER_ASSETS"),
    Deno.env.get("KCP_ASSETS"),
    Deno.env.get("PATH"),
  ].filter(Boolean).join(delimiter);
  return async (line, stdin) => {
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", line],
      cwd: dir,
      env: {
        PATH: path,
        HOME: dir,
        KUBECONFIG: kubeconfig,
        KUBECACHEDIR: join(dir, "kubectl-cache"),
        ...denoDir(),
      },
      clearEnv: true,
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
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  };
}

/** Deno's own files are not below the HOME of the test. */
function denoDir(): Record<string, string> {
  const home = Deno.env.get("HOME");
  const known = Deno.env.get("DENO_DIR") ??
    (home && join(home, ".cache", "deno"));
  return known ? { DENO_DIR: known } : {};
}
