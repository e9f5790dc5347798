/**
 * Commands of faros against a hub in this process.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { Agent } from "../api/agent.ts";
import { Enrollment } from "../api/enrollment.ts";
import { openCluster } from "../cli/cluster.ts";
import { bufferIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { startUp } from "../hub/up.ts";
import { loadKubeconfig, writeKubeconfig } from "../kube/kubeconfig.ts";
import { lockKubeconfig } from "../kube/kubeconfig_lock.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { TestDevice } from "./hub/device.ts";

async function withHub(
  test: (
    faros: (line: string) => Promise<
      { code: number; out: string; err: string }
    >,
    dir: string,
  ) => Promise<void>,
) {
  const dir = await Deno.makeTempDir({ prefix: "faros-cli-" });
  try {
    await using up = await startUp({ dataDir: join(dir, "data") });
    await up.leading;
    await test(async (line) => {
      const io = bufferIo({ env: { KUBECONFIG: up.kubeconfigPath } });
      const args = [...line.split(" "), "--kubeconfig", up.kubeconfigPath];
      const code = await main(args, { io });
      return { code, out: io.stdout, err: io.stderr };
    }, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("workspaces are made, listed, used, and deleted with all that is in them", async () => {
  await withHub(async (faros) => {
    assert.deepEqual(
      await faros("workspace create a --member ann --member bob=viewer"),
      { code: 0, out: "workspace.tenancy.faros.sh/a created\n", err: "" },
    );
    assert.equal((await faros("workspace create b")).code, 0);
    const again = await faros("workspace create a");
    assert.equal(again.code, 1);
    assert.match(again.err, /already exists/);

    const table = (await faros("workspace get")).out.split("\n");
    assert.match(table[0]!, /^NAME +PHASE +READY +AGE$/);
    assert.match(table[1]!, /^a +Ready +True/);
    assert.equal(
      (await faros("workspace get -o name")).out,
      "workspace.tenancy.faros.sh/a\nworkspace.tenancy.faros.sh/b\n",
    );
    const { spec } = JSON.parse((await faros("workspace get a -o json")).out);
    assert.deepEqual(spec.members, ["ann", { user: "bob", role: "viewer" }]);

    assert.equal((await faros("workspace use a")).code, 0);
    assert.equal((await faros("workspace use b")).code, 0);
    const back = await faros("workspace use -");
    assert.match(back.out, /Now in workspace a/, back.err);
    assert.equal((await faros("workspace use")).out, "a\n");
    const unknown = await faros("workspace use c");
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /there is none of that name/);

    // It asks, and nobody can answer.
    assert.match((await faros("workspace delete b")).err, /say --yes/);
    assert.equal((await faros("workspace delete b --yes")).code, 0);
    assert.equal(
      (await faros("workspace get -o name")).out,
      "workspace.tenancy.faros.sh/a\n",
    );
  });
});

Deno.test("the hub adds contexts to a kubeconfig that others change at the same time, and nothing is lost", async () => {
  await withHub(async (faros, dir) => {
    const path = join(dir, "data", "admin.kubeconfig");
    const context = async (name: string) => {
      const { contexts } = await loadKubeconfig({ path });
      return contexts.find((entry) => entry.name === name)?.context;
    };
    assert.equal((await faros("workspace create a")).code, 0);
    await eventually(() => context("a"), { what: "a context for a" });
    let last: string;
    {
      await using _ = await lockKubeconfig([path]);
      const text = await Deno.readTextFile(path);
      // The hub writes twice a second: these take longer, and less than it takes for a lock to be nobody's.
      const until = Date.now() + 1000;
      do {
        last = `w${Date.now()}`;
        assert.equal((await faros(`workspace create ${last}`)).code, 0);
      } while (Date.now() < until);
      assert.equal(await Deno.readTextFile(path), text);
      const changed = text.replace(
        "      user: admin\n",
        "$&      namespace: a\n",
      );
      await Deno.writeTextFile(path, changed);
    }
    await eventually(() => context(last), { what: "a context for it" });
    assert.equal((await context("root"))?.namespace, "a");
  });
});

Deno.test("agent generate makes the Registration and a kubeconfig for its owner's eyes only", async () => {
  await withHub(async (faros, dir) => {
    await faros("workspace create a");
    const path = join(dir, "press-1.kubeconfig");
    const { code, err } = await faros(
      `agent generate press-1 -w a -f ${path}`,
    );
    assert.equal(code, 0, err);
    assert.match(err, /registration\.edge\.faros\.sh\/press-1 created/);
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    }
    const { contexts, users, clusters } = await loadKubeconfig({ path });
    const { extensions, ...context } = contexts[0]!.context;
    assert.deepEqual(context, {
      cluster: "faros",
      user: "faros",
      namespace: "a",
    });
    const { hubKeys, ...named } = extensions![0]!.extension as {
      hubKeys: unknown[];
    };
    assert.deepEqual(named, {
      agent: "press-1",
      registration: "press-1",
      workspace: "a",
    });
    assert.equal(hubKeys.length, 1);
    assert.ok(users[0]!.user.token);
    assert.ok(clusters[0]!.cluster["certificate-authority-data"]);

    assert.match(err, /which is this machine only.*--advertise-url/);

    // A Registration that is there serves again.
    const other = await faros(
      `agent generate press-2 -w a --registration press-1 -f ${path}`,
    );
    assert.deepEqual([other.code, other.err.includes("created")], [0, false]);
  });
});

Deno.test("agent generate takes the place of no file but a device's kubeconfig", async () => {
  await withHub(async (faros, dir) => {
    await faros("workspace create a");
    const admin = join(dir, "data", "admin.kubeconfig");
    const notes = join(dir, "notes");
    await Deno.writeTextFile(notes, "mine");
    for (const path of [admin, notes]) {
      const before = await Deno.readTextFile(path);
      const { code, err } = await faros(`agent generate pi -w a -f ${path}`);
      assert.equal(code, 1);
      assert.match(err, /is not the kubeconfig of a device; name another/);
      assert.equal(await Deno.readTextFile(path), before);
    }
    const folder = await faros(`agent generate pi -w a -f ${dir}`);
    assert.match(folder.err, /it is no file/);
    // Nothing was made for it either.
    const { err } = await faros(`agent generate pi -w a -f -`);
    assert.match(err, /registration\.edge\.faros\.sh\/pi created/);
    const empty = await Deno.makeTempFile({ dir });
    assert.equal((await faros(`agent generate pi -w a -f ${empty}`)).code, 0);
  });
});

Deno.test("a device that has joined loses its credentials where it is denied, and is let in again", async () => {
  await withHub(async (faros, dir) => {
    assert.equal((await faros("workspace create a")).code, 0);
    const path = join(dir, "pi.kubeconfig");
    const made = await faros(`agent generate pi -w a -f ${path}`);
    assert.equal(made.code, 0, made.err);
    const joining = await loadKubeconfig({ path });
    const device = await TestDevice.make();
    using joined = await openCluster({ kubeconfig: path });
    await device.enroll(joined.client, {
      namespace: "a",
      agent: "pi",
      registration: "pi",
      token: joining.users[0]!.user.token!,
    });
    const enrollment = (reason: string) =>
      eventually(async () => {
        const found = await joined.client.get<Enrollment>(
          Enrollment,
          device.id,
          { namespace: "a" },
        );
        return found.status?.conditions?.some((c) =>
            c.type === "Ready" && c.reason === reason
          )
          ? found
          : undefined;
      }, { what: `an Enrollment that is ${reason}` });
    const { status } = await enrollment("Enrolled");
    const { token } = await device.decrypt(status!.credential!);
    const own = join(dir, "own.kubeconfig");
    const users = [{ name: joining.users[0]!.name, user: { token } }];
    await writeKubeconfig(own, { ...joining, users });
    using held = await openCluster({ kubeconfig: own });
    const look = () => held.client.get(Agent, "pi", { namespace: "a" });
    // The rights follow the credential.
    await eventually(look, { what: "its own Agent" });

    const nobody = await faros("agent approve pi -w a --deny --key x");
    assert.match(nobody.err, /no device with key x has asked to join/);
    const denied = await faros("agent approve pi -w a --deny");
    assert.match(denied.out, /^agent pi \(key [0-9a-f]{16}…\) denied in a\n$/);
    await eventually(
      () => look().then(() => false, (error) => error.code === 401),
      { what: "its credentials to be refused" },
    );
    await enrollment("Denied");
    const again = await faros("agent approve pi -w a --deny");
    assert.match(
      again.err,
      /Cannot deny agent pi in a: it is denied already\n/,
    );
    assert.equal((await faros("agent approve pi -w a")).code, 0);
    await enrollment("Enrolled");
  });
});

Deno.test("what others have written moves nothing in a terminal, and is whole for programs", async () => {
  await withHub(async (faros) => {
    const hostile = "\x1b]0;title\x07\nb\u202eReady";
    const made = await faros(`workspace create a --description=${hostile}`);
    assert.equal(made.code, 0, made.err);
    const { out } = await faros("workspace get -o wide");
    assert.equal(out.split("\n").length, 3, out);
    assert.match(out, / \\u001b\]0;title\\u0007\\nb\\u202eReady /);
    const json = JSON.parse((await faros("workspace get a -o json")).out);
    assert.equal(json.spec.description, hostile);
    const yaml = (await faros("workspace get a -o yaml")).out;
    const parsed = parse(yaml) as typeof json;
    assert.equal(parsed.spec.description, hostile);
  });
});

Deno.test("faros up on all addresses says what devices need to reach it", async () => {
  const dir = await Deno.makeTempDir({ prefix: "faros-cli-" });
  try {
    const told = async (...more: string[]) => {
      const io = bufferIo();
      const ending = new AbortController();
      const up = main(
        ["up", "--data", dir, "--listen", "0.0.0.0:0", ...more],
        { io, signal: ending.signal },
      );
      await eventually(() => io.stdout, { what: "ready" });
      ending.abort();
      await up;
      return io.stderr;
    };
    assert.match(
      await told(),
      /devices are told https:\/\/0\.0\.0\.0:\d+, .* --advertise-url and --hub-url/,
    );
    const url = "https://faros.example.com";
    assert.doesNotMatch(
      await told("--advertise-url", url, "--hub-url", url),
      /devices are told/,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a workspace that cannot be made is told at once", async () => {
  await withHub(async (faros) => {
    const { code, err } = await faros("workspace create kube-system");
    assert.equal(code, 1);
    assert.match(
      err,
      /Workspace kube-system is there, but will not be Ready as it is: PlaceConflict: .* it is reserved/,
    );
  });
});

Deno.test("commands say what is missing", async () => {
  await withHub(async (faros, dir) => {
    const none = await faros("agent get");
    assert.equal(none.code, 2);
    assert.match(none.err, /no workspace is given/);
    const both = await faros("agent get -w a -n b");
    assert.equal(both.code, 2);
    const approve = await faros("agent approve press-1 -w a");
    assert.equal(approve.code, 1);
    assert.match(approve.err, /no device has asked to join by that name/);
    const generate = await faros("agent generate x -w nowhere -f -");
    assert.equal(generate.code, 1);
    assert.match(
      generate.err,
      /Cannot use workspace nowhere: there is none of that name; make it with/,
    );
    assert.equal((await faros("workspace create here")).code, 0);
    for (
      const [line, expected] of [
        [
          "agent get -w her",
          /Cannot use workspace her: .* did you mean here\?/,
        ],
        ["agent get -w her -o json", /Cannot use workspace her: there is none/],
        ["agent get x -w her", /Cannot use workspace her: there is none/],
        [
          "agent get x -w here",
          /Cannot show agent x: there is none of that name in workspace here\n$/,
        ],
        [
          "workspace get her",
          /Cannot show workspace her: there is none of that name; there are: here; did you mean here\?/,
        ],
        ["workspace get her -o yaml", /Cannot show workspace her: /],
        ["workspace delete her", /Cannot delete workspace her: there is none/],
        [
          "repository approve her",
          /Cannot approve what goes from repository her: there is none/,
        ],
      ] as const
    ) {
      const { code, out, err } = await faros(line);
      assert.match(err, expected);
      assert.deepEqual([code, out], [1, ""], line);
    }
    assert.deepEqual(await faros("agent get -w here"), {
      code: 0,
      out: "",
      err: "No agents found in here.\n",
    });
    const kubeconfig = join(dir, "wrong.kubeconfig");
    const right = await Deno.readTextFile(
      join(dir, "data", "admin.kubeconfig"),
    );
    await Deno.writeTextFile(
      kubeconfig,
      right.replaceAll(/token: .*/g, "token: wrong"),
    );
    const io = bufferIo();
    const line = ["workspace", "get", "--kubeconfig", kubeconfig];
    assert.equal(await main(line, { io }), 1);
    assert.match(io.stderr, /the server does not know the credentials/);

    // The runtime's own words would tell the token.
    await Deno.writeTextFile(
      kubeconfig,
      right.replaceAll(/token: .*/g, 'token: "s3c\\nret"'),
    );
    const leak = bufferIo();
    assert.equal(await main(line, { io: leak }), 1);
    assert.match(leak.stderr, /Cannot log in with the token of the kubeconfig/);
    assert.doesNotMatch(leak.stderr, /s3c|ret"/);
  });
});
