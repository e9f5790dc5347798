/**
 * What a Repository says of its source, with real Git servers: each fault has
 * its reason, what was applied stays, and the mended source is applied.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { Agent } from "../api/agent.ts";
import { Event, Secret } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../api/names.ts";
import { Repository } from "../api/repository.ts";
import { startGitServer } from "../gitops/source/testing/git_server.ts";
import {
  makeSshKey,
  sshdMissing,
  startSshServer,
  which,
} from "../gitops/source/testing/ssh_server.ts";
import { getCondition, isTrue } from "../kube/mod.ts";
import { createAuthority } from "../kube/testing/certificates.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { type Environment, startEnvironment } from "./gitops/environment.ts";

const noSshd = await sshdMissing();
const noKeys = await which("ssh-keygen") ? undefined : "there is no ssh-keygen";

const TIMEOUT = 60_000;

/** The files of workspace a, with one agent. */
const files = (agent: string) => ({
  "workspaces/a/workspace.yaml":
    "apiVersion: tenancy.faros.sh/v1alpha1\nkind: Workspace\nmetadata: {name: a}\n",
  "workspaces/a/agent.yaml":
    `apiVersion: edge.faros.sh/v1alpha1\nkind: Agent\nmetadata: {name: ${agent}}\nspec: {}\n`,
});

async function writeSecret(
  env: Environment,
  name: string,
  stringData: Record<string, string>,
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(stringData).map(([key, value]) => [key, btoa(value)]),
  );
  await env.client.apply(Secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: SYSTEM_NAMESPACE },
    data,
  } as KubeObject, { fieldManager: "test", force: true });
}

/** Waits until the Repository tells of that reason, and asserts that nothing went. */
async function failsFor(
  env: Environment,
  reason: string,
  options: { kept: string; agent: string; type?: string },
): Promise<string> {
  const { kept, agent, type = "Reconciling" } = options;
  const { metadata: { generation } } = await env.client.get(
    Repository,
    "fleet",
  );
  const status = await env.status((status) => {
    const ready = getCondition(status.conditions, "Ready");
    return ready?.reason === reason && ready.status === "False" &&
      ready.observedGeneration === generation;
  }, { timeout: TIMEOUT });
  assert.ok(isTrue(status.conditions, type), JSON.stringify(status.conditions));
  assert.equal(status.appliedCommit, kept);
  await env.client.get(Agent, agent, { namespace: "a" });
  return getCondition(status.conditions, "Ready")!.message;
}

async function applied(env: Environment, commit: string, agent: string) {
  const status = await env.status(
    (status) =>
      status.appliedCommit === commit && isTrue(status.conditions, "Ready"),
    { timeout: TIMEOUT },
  );
  await env.client.get(Agent, agent, { namespace: "a" });
  return status;
}

Deno.test({
  name: `https: each fault of a source has its reason, and nothing goes${
    noKeys ? `: skipped, ${noKeys}` : ""
  }`,
  ignore: noKeys !== undefined,
  async fn() {
    const authority = await createAuthority();
    await using env = await startEnvironment();
    const { git } = env;
    const dir = await Deno.makeTempDir({ prefix: "faros-keys-" });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(dir, { recursive: true }));
    const key = await makeSshKey(`${dir}/ada`);
    await using server = await startGitServer(dirname(git.path), {
      tls: await authority.server("127.0.0.1"),
      behaviour: { authorization: `Basic ${btoa("ada:right-1")}` },
    });
    const login = (password: string) =>
      writeSecret(env, "login", {
        username: "ada",
        password,
        "ca.crt": authority.ca,
      });
    const spec = {
      url: `${server.url}/fleet.git`,
      interval: "1s",
      secretRef: { name: "login" },
    };
    const first = await git.push(files("one"));
    await env.follow(spec);
    await env.status((status) =>
      getCondition(status.conditions, "Ready")?.reason === "SecretNotFound"
    );
    await login("right-1");
    await applied(env, first, "one");
    const kept = { kept: first, agent: "one" };

    // A password that is wrong, until it is put right.
    await login("wrong-1");
    const message = await failsFor(env, "AuthenticationFailed", kept);
    assert.ok(!message.includes("wrong-1"));
    const second = await git.push(files("two"));
    await failsFor(env, "AuthenticationFailed", kept);
    await login("right-1");
    await applied(env, second, "two");
    const now = { kept: second, agent: "two" };

    // A server that hangs, one that is cut off, one that is not there.
    server.behaviour = { silent: true };
    await env.follow({ ...spec, timeout: "1s" });
    await failsFor(env, "Timeout", now);
    const noise = crypto.getRandomValues(new Uint8Array(60_000)).toHex();
    await git.push({ "workspaces/a/notes.txt": noise });
    server.behaviour = { cutAfter: 20_000 };
    await env.follow(spec);
    assert.match(await failsFor(env, "Unreachable", now), /Cannot fetch/);
    await env.follow({ ...spec, url: `${server.url}/none.git` });
    await failsFor(env, "RepositoryNotFound", now);
    // Not before, else a fetch by the URL before this one, still under way, may succeed.
    server.behaviour = {};

    // Refs and paths that are not there.
    await env.follow({ ...spec, ref: { tag: "v1" } });
    await failsFor(env, "RefNotFound", now);
    await env.follow({ ...spec, path: "other" });
    await failsFor(env, "PathNotFound", now);
    await env.follow({ ...spec, url: "ftp://127.0.0.1/fleet.git" });
    await failsFor(env, "SpecInvalid", { ...now, type: "Stalled" });
    await assert.rejects(
      env.follow({ ...spec, ref: { tag: "v1", branch: "main" } }),
      /exactly one of branch, tag, semver, name, commit has to be set/,
    );

    // Signatures: none, somebody else's, and the right one.
    await git.git("config", "gpg.format", "ssh");
    await git.git("config", "user.signingKey", key);
    await writeSecret(env, "keys", {
      ada: await Deno.readTextFile(`${key}.pub`),
    });
    const verified = {
      ...spec,
      verify: { mode: "HEAD" as const, secretRef: { name: "keys" } },
    };
    await env.follow(verified);
    await failsFor(env, "VerificationFailed", now);
    await git.push(files("three"));
    await failsFor(env, "VerificationFailed", now);
    await git.git(
      ...["config", "user.signingKey"],
      await makeSshKey(`${dir}/eve`),
    );
    await git.git("commit", "--amend", "--quiet", "--no-edit", "-S");
    await git.git("push", "--quiet", "--force", "origin", "HEAD:main");
    await eventually(async () => {
      const status = await env.status(() => true);
      const condition = getCondition(status.conditions, "SourceVerified");
      return condition?.status === "False" &&
        condition.message.includes("not signed by a key of the Secret");
    }, { timeout: TIMEOUT });
    await failsFor(env, "VerificationFailed", now);
    assert.equal(
      await env.client.tryGet(Agent, "three", { namespace: "a" }),
      undefined,
      "what is not verified is not applied",
    );
    await git.git("config", "user.signingKey", key);
    await git.git("commit", "--amend", "--quiet", "--no-edit", "-S");
    await git.git("push", "--quiet", "--force", "origin", "HEAD:main");
    const third = await git.git("rev-parse", "HEAD");
    const status = await applied(env, third, "three");
    assert.equal(status.observedRef, "refs/heads/main");
    assert.match(
      getCondition(status.conditions, "SourceVerified")!.message,
      /Good "git" signature for ada with/,
    );

    // History that begins anew, and a branch that is renamed.
    await env.follow(spec);
    await git.git("checkout", "--quiet", "--orphan", "again");
    const fourth = await git.push(files("four"), { force: true });
    const last = await applied(env, fourth, "four");
    assert.equal(getCondition(last.conditions, "SourceVerified"), undefined);
    await git.git("-C", git.path, "branch", "-m", "main", "trunk");
    const found = await failsFor(env, "RefNotFound", {
      kept: fourth,
      agent: "four",
    });
    assert.match(found, /its branches are trunk/);
    await env.follow({ ...spec, ref: { branch: "trunk" } });
    await applied(env, fourth, "four");

    // A link is refused by its name, and nothing is read through it.
    await Deno.symlink("/etc/passwd", `${dir}/link`);
    const link = await git.git("hash-object", "-w", `${dir}/link`);
    await git.git(
      ...["update-index", "--add", "--cacheinfo"],
      `120000,${link},workspaces/a/link.yaml`,
    );
    await git.git("commit", "--quiet", "--message", "link");
    await git.git("push", "--quiet", "origin", "HEAD:trunk");
    const refused = await failsFor(env, "ManifestInvalid", {
      kept: fourth,
      agent: "four",
      type: "Stalled",
    });
    assert.match(refused, /workspaces\/a\/link\.yaml: is a symbolic link/);

    const events = await env.client.list<
      KubeObject & { reason: string; message: string }
    >(Event, {});
    const reasons = new Set(events.items.map((e) => e.reason));
    for (const reason of ["AuthenticationFailed", "VerificationFailed"]) {
      assert.ok(reasons.has(reason), `an Event of ${reason}`);
    }
    const told = JSON.stringify(events.items) + env.log.join("\n") +
      JSON.stringify(await env.client.get(Repository, "fleet"));
    for (const secret of ["right-1", "wrong-1", btoa("ada:right-1")]) {
      assert.ok(!told.includes(secret), "a password shows");
    }
  },
});

Deno.test({
  name: `ssh: a stranger's key and an unknown host have their reasons${
    noSshd ? `: skipped, ${noSshd}` : ""
  }`,
  ignore: noSshd !== undefined,
  async fn() {
    await using env = await startEnvironment();
    const { git } = env;
    const dir = await Deno.makeTempDir({ prefix: "faros-sshd-" });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(dir, { recursive: true }));
    await using server = await startSshServer({ dir });
    const stranger = await makeSshKey(`${dir}/stranger`);
    const right = {
      identity: server.identity,
      known_hosts: server.knownHosts(),
    };
    const first = await git.push(files("one"));
    await writeSecret(env, "login", right);
    await env.follow({
      url: `${server.url}${git.path}`,
      interval: "1s",
      secretRef: { name: "login" },
    });
    await applied(env, first, "one");
    const kept = { kept: first, agent: "one" };
    const use = async (data: Record<string, string>) => {
      await writeSecret(env, "login", data);
      env.gitops.requestSync("fleet");
    };
    await use({ ...right, known_hosts: "# none\n" });
    await failsFor(env, "HostKeyUnknown", kept);
    const second = await git.push(files("two"));
    const other = await Deno.readTextFile(`${stranger}.pub`);
    await use({
      ...right,
      known_hosts: `[127.0.0.1]:${server.port} ${other}`,
    });
    await failsFor(env, "HostKeyMismatch", kept);
    await use({
      ...right,
      identity: await Deno.readTextFile(stranger),
    });
    await failsFor(env, "AuthenticationFailed", kept);
    await use(right);
    await applied(env, second, "two");
  },
});
