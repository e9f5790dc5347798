/**
 * `kubectl faros repository`, as people type it, on a hub with its own API
 * server, a real Git repository and a device.
 *
 * @module
 */
import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { Agent } from "../api/agent.ts";
import { Monitoring } from "../api/monitoring.ts";
import type { KubeObject } from "../api/meta.ts";
import { Repository } from "../api/repository.ts";
import { Workspace } from "../api/workspace.ts";
import { startChild } from "../cli/demo/child.ts";
import { argoHealth, fluxHealth } from "../cli/generate/health_testing.ts";
import { bufferIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { selfCommand } from "../cli/self_command.ts";
import { isConverged } from "../hub/controllers/repository_devices.ts";
import { startUp, type Up } from "../hub/mod.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { findKubectl } from "./e2e/kubectl.ts";
import {
  type GitRepository,
  makeGitRepository,
} from "./gitops/git_repository.ts";

const WAIT = { timeout: 60_000 };

/** What a command line came to. */
interface Result {
  code: number;
  out: string;
  err: string;
}

const files = {
  "fleet/workspaces/north/workspace.yaml": `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: { name: north }
spec: {}
`,
  "fleet/workspaces/north/devices.yaml": `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: { name: press-1 }
---
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: { name: press-2 }
spec: { plugins: [{ name: host }] }
---
apiVersion: plugins.faros.sh/v1alpha1
kind: Monitoring
metadata: { name: host }
spec: { type: host, config: { interval: 10s } }
`,
  "fleet/workspaces/south/workspace.yaml": `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: { name: south }
spec: {}
`,
  "fleet/workspaces/south/settings.yaml": `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { speed: slow }
---
apiVersion: v1
kind: Secret
metadata: { name: door }
stringData: { code: hunter2 }
`,
};

const devices = "fleet/workspaces/north/devices.yaml";
/** The devices as the second commit has them. */
const moved = `# moved down\n${files[devices].replace("10s", "5s")}`;

class World {
  readonly dir: string;
  readonly up: Up;
  readonly git: GitRepository;

  constructor(parts: { dir: string; up: Up; git: GitRepository }) {
    this.dir = parts.dir;
    this.up = parts.up;
    this.git = parts.git;
  }

  /** Runs `faros repository …`. */
  async run(
    args: string[],
    options: { stdin?: string; signal?: AbortSignal } = {},
  ): Promise<Result> {
    const io = bufferIo(options);
    const code = await main([
      "repository",
      ...args,
      ...["--kubeconfig", this.up.kubeconfigPath],
    ], { io, ...(options.signal ? { signal: options.signal } : {}) });
    return { code, out: io.stdout, err: io.stderr };
  }

  /** The same of what has to succeed. */
  async ok(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(args);
    assert.equal(code, 0, err);
    return out;
  }

  async fleet(): Promise<Repository> {
    return await this.up.client.get<Repository>(Repository, "fleet");
  }

  async applied(commit: string): Promise<void> {
    await eventually(
      async () => (await this.fleet()).status?.appliedCommit === commit,
      { ...WAIT, what: `commit ${commit} is applied` },
    );
  }
}

Deno.test("faros repository: from create to trace", async (t) => {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "faros-repository-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const git = stack.use(await makeGitRepository());
  const up = stack.use(await startUp({ dataDir: join(dir, "data") }));
  await up.leading;
  const world = new World({ dir, up, git });
  const first = await git.push(files);

  await t.step("create: usage, manifests, the first sync", () => create(world));
  await t.step("a device joins", async () => {
    const kubeconfig = join(dir, "press-1.kubeconfig");
    const io = bufferIo();
    const code = await main([
      ...["agent", "generate", "press-1", "-w", "north", "-f", kubeconfig],
      ...["--kubeconfig", up.kubeconfigPath],
    ], { io });
    assert.equal(code, 0, io.stderr);
    const agent = startChild([
      ...selfCommand(),
      ...["agent", "--kubeconfig", kubeconfig],
      ...["--state-dir", join(dir, "press-1")],
    ], { name: "press-1", cwd: dir });
    stack.defer(async () => {
      await agent.stop();
    });
    await eventually(
      async () =>
        isConverged(
          await up.client.get<Agent>(Agent, "press-1", { namespace: "north" }),
        ),
      WAIT,
    );
  });
  await t.step("get: a table, an object, changes", () => get(world));
  await t.step("tree: down to devices", () => tree(world, first));
  await t.step(
    "trace: from an object, a file, a commit",
    () => trace(world, first),
  );
  await t.step("suspend, diff, resume", () => diff(world));
  await t.step("Argo CD and Flux see it as it is", () => health(world));
  await t.step("logs: in order, and what comes", () => logs(world));
  await t.step("metrics of every stage", () => metrics(world));
  await t.step({
    name: "as a plugin of kubectl",
    ignore: findKubectl() === undefined,
    fn: () => plugin(world),
  });
});

async function create(world: World): Promise<void> {
  const { run, git } = { run: world.run.bind(world), git: world.git };
  for (
    const [line, expected] of [
      ["create x", /--url URL is missing/],
      ["create x --url u --tag a --branch b", /--branch and --tag are given/],
      ["create x --url u --username ann", /--username needs --password-stdin/],
      ["create x --url u --ssh-key-file k", /needs --known-hosts-file/],
      ["create x --url https://a:b@c/d", /holds a password/],
      ["create x --url u --interval soon", /spec.interval: must be a duration/],
      ["create x --url u --secret-ref s --ca-file c", /give one of them/],
      ["suspend", /NAME is missing/],
      ["resume x --all", /give one of them/],
      ["trace", /one of them/],
      ["trace agent", /give KIND\/NAME/],
      ["trace --commit xyz", /at least seven digits/],
      ["diff x --applied --commit y", /give one of them/],
      ["logs x --since then", /such as 30s/],
      ["get -w -o json", /with a table only/],
      ["tree x --limit few", /it is a number/],
    ] as const
  ) {
    const { code, err } = await run(line.split(" "));
    assert.match(err, expected, line);
    assert.equal(code, 2, line);
  }
  const exported = await run([
    ...["create", "fleet", "--url", "https://git.example.org/fleet"],
    ...["--semver", "^1.0.0", "--username", "ann", "--password-stdin"],
    "--export",
  ], { stdin: "hunter2\n" });
  assert.equal(exported.code, 0, exported.err);
  assert.match(exported.err, /in plain text/);
  const [secret, repository] = parseAllDocuments(exported.out).map((d) =>
    (d as { toJS(): unknown }).toJS()
  ) as Record<string, unknown>[];
  assert.deepEqual(secret!.stringData, {
    username: "ann",
    password: "hunter2",
  });
  assert.deepEqual(repository!.spec, {
    url: "https://git.example.org/fleet",
    ref: { semver: "^1.0.0" },
    secretRef: { name: "fleet-git" },
  });
  const none = await run(["get"]);
  assert.deepEqual([none.code, none.out], [0, ""]);
  assert.match(none.err, /No repositories found/);

  const made = await run([
    ...["create", "fleet", "--url", git.path, "--path", "fleet"],
    ...["--interval", "24h"],
  ]);
  assert.equal(made.code, 0, made.err);
  assert.match(
    made.out,
    /^repository\.gitops\.faros\.sh\/fleet created\nrepository fleet: Applied commit \w{12}: 7 objects\n$/,
  );
  const again = await run(["create", "fleet", "--url", git.path]);
  assert.equal(again.code, 1);
  assert.match(again.err, /there is one of that name/);
  const broken = await run([
    ...["create", "broken", "--url", `${git.path}.not`],
  ]);
  assert.equal(broken.code, 1);
  assert.match(broken.err, /Cannot sync repository broken: \w+: /);
}

async function get(world: World): Promise<void> {
  // The hub counts devices twice a second at most.
  await eventually(
    async () => (await world.fleet()).status?.devices?.converged === 1,
    { ...WAIT, what: "the device is counted" },
  );
  const [header, broken, fleet] = (await world.ok("get")).split("\n");
  assert.match(
    header!,
    /^NAME +URL +REF +READY +APPLIED +CONVERGED +SUSPENDED +MESSAGE$/,
  );
  assert.match(broken!, /^broken +\S+\.not +main +False +- /);
  assert.match(
    fleet!,
    /^fleet +\S+ +main +True +\w{12} +1\/2 +False +Applied commit/,
  );
  assert.equal(
    parse(await world.ok("get", "fleet", "-o", "yaml")).kind,
    "Repository",
  );
  assert.match(await world.ok("get", "-o", "wide"), /OFFLINE +OBSERVED/);
  const unknown = await world.run(["get", "flet"]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /there are: broken, fleet; did you mean fleet\?/);

  const stop = new AbortController();
  const io = bufferIo();
  const watching = main([
    ...["repository", "get", "fleet", "-w"],
    ...["--kubeconfig", world.up.kubeconfigPath],
  ], { io, signal: stop.signal });
  await eventually(() => io.stdout.split("\n").length > 2, WAIT);
  await world.ok("suspend", "fleet");
  await eventually(
    () => /^fleet +\S+ +main +True +\w{12} +1\/2 +True /m.test(io.stdout),
    { ...WAIT, what: "the suspension shows" },
  );
  await world.ok("resume", "fleet", "--wait");
  await eventually(
    () => io.stdout.trimEnd().split("\n").at(-1)!.includes("1/2         False"),
    { ...WAIT, what: "it goes on" },
  );
  stop.abort();
  await watching;
}

async function tree(world: World, commit: string): Promise<void> {
  const short = commit.slice(0, 12);
  const lines = (await world.ok("tree", "fleet")).trimEnd().split("\n");
  assert.match(
    lines[0]!,
    new RegExp(
      `^fleet   \\S+   Ready   commit ${short}   1/2 devices converged, 1 offline$`,
    ),
  );
  assert.match(
    lines[1]!,
    /^├── north {3}commit \w{12} {3}3 objects {3}1\/2 devices converged, 1 offline$/,
  );
  assert.match(
    lines[2]!,
    /^│ {3}├── Agent\/press-1 +Ready +converged +online$/,
  );
  assert.match(
    lines[3]!,
    /^│ {3}├── Agent\/press-2 .* no device has joined as it +offline$/,
  );
  assert.match(
    lines[4]!,
    /^│ {3}└── Monitoring\/host .* on 0\/1 device converged, 1 offline: press-2$/,
  );
  assert.match(lines[5]!, /^└── south +commit \w{12} +2 objects$/);
  const bounded = await world.ok("tree", "fleet", "--limit", "1");
  assert.match(bounded, /… 2 more: -w north --limit 0/);
  assert.match(bounded, /… 1 more workspaces/);
  const json = JSON.parse(
    await world.ok("tree", "fleet", "-w", "south", "-o", "json"),
  );
  assert.deepEqual(
    json.workspaces[0].objects.map((o: { name: string }) => o.name),
    ["settings", "door"],
  );
  const unknown = await world.run(["tree", "fleet", "-w", "west"]);
  assert.match(unknown.err, /has none of that name; it has north, south/);
}

async function trace(world: World, first: string): Promise<void> {
  const text = await world.ok("trace", "monitoring/host", "-w", "north");
  assert.match(text, /^Monitoring\/host in workspace north\n/);
  for (
    const field of [
      /Repository: +fleet \(.*fleet\.git\)/,
      new RegExp(`File: +${devices}:11$`, "m"),
      new RegExp(`Commit: +${first}$`, "m"),
      /Author: +Ada <ada@example\.org>/,
      /Date: +20\d\d-/,
      /Message: +change$/m,
      /Applied: +20\d\d-/,
      /^north +press-2 +False +False +- +no device has joined/m,
    ]
  ) assert.match(text, field);
  const agent = JSON.parse(
    await world.ok("trace", "fa/press-1", "-w", "north", "-o", "json"),
  );
  assert.equal(agent.line, 2);
  assert.deepEqual(
    agent.devices.map((d: Record<string, unknown>) => [d.name, d.converged]),
    [["press-1", true]],
  );
  assert.match(
    await world.ok("trace", "workspace/north"),
    /File: +fleet\/workspaces\/north\/workspace\.yaml:2\n(.|\n)*1\/2 devices/,
  );

  // Only what changes gets another commit: the first stays true of the rest.
  const second = await world.git.push({
    [devices]: moved,
  });
  await world.applied(second);
  const at = async (place: string) =>
    JSON.parse(await world.ok("trace", "--file", place, "-o", "json"))
      .map((o: Record<string, unknown>) => [o.name, o.line, o.commit]);
  assert.deepEqual(await at(devices), [
    ["press-1", 2, first],
    ["press-2", 6, first],
    ["host", 12, second],
  ]);
  assert.deepEqual(await at(`${devices}:14`), [["host", 12, second]]);
  assert.deepEqual(
    await at("./workspaces/north/devices.yaml:7"),
    [["press-2", 6, first]],
    "as the hub's messages name it",
  );
  const nothing = await world.run(["trace", "--file", "README.md"]);
  assert.equal(nothing.code, 1);
  assert.match(nothing.err, /nothing that is applied stands there/);

  const commit = await world.ok("trace", "--commit", second.slice(0, 8));
  assert.match(commit, new RegExp(`^Commit ${second}\n`));
  assert.match(commit, /Objects: +1 that it changed last/);
  assert.match(
    commit,
    /^north +Monitoring\/host .*devices\.yaml:12 .* Ada +0\/1$/m,
  );
  const old = await world.ok("trace", "--commit", first);
  assert.match(old, /Objects: +6 that it changed last/);
  assert.match(old, /orders to 1 come of it; 1\/1 device converged/);
  assert.match(
    (await world.run(["trace", "--commit", "0123456789"])).err,
    /no repository's newest commit/,
  );

  await world.up.client.create(Monitoring, {
    apiVersion: Monitoring.apiVersion,
    kind: "Monitoring",
    metadata: { name: "mine", namespace: "north" },
    spec: { type: "host" },
  } as never);
  assert.match(
    (await world.run(["trace", "monitoring/mine", "-w", "north"])).err,
    /no repository applied it/,
  );
  assert.match(
    (await world.run(["trace", "agnt/press-1", "-w", "north"])).err,
    /did you mean agent\?/,
  );
}

async function diff(world: World): Promise<void> {
  const same = await world.run(["diff", "fleet"]);
  assert.equal(same.code, 0, same.out + same.err);
  assert.match(same.out, /No difference: 0 to create.* 7 unchanged\./);

  assert.match(await world.ok("suspend", "fleet"), /fleet suspended/);
  assert.match(await world.ok("suspend", "fleet"), /suspended already/);
  const refused = await world.run(["sync", "fleet"]);
  assert.match(refused.err, /repository resume fleet' first/);
  await world.up.client.patch(Agent, "press-2", { spec: { paused: true } }, {
    namespace: "north",
    fieldManager: "kubectl-edit",
  });
  const south = "fleet/workspaces/south/settings.yaml";
  await world.git.push({
    [devices]: moved.replace("5s", "5s, token: opensesame"),
    [south]:
      files[south].replace("slow", "fast").replace("hunter2", "swordfish") +
      "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: new }\n",
  });
  const newest = await world.run(["diff", "fleet"]);
  assert.equal(newest.code, 2, newest.err);
  assert.match(newest.out, /^~ north +Agent\/press-2 .*devices\.yaml:7$/m);
  assert.match(newest.out, /^ {4}spec\.paused: true → \(none\)$/m);
  assert.match(newest.out, /^\+ south +ConfigMap\/new/m);
  assert.match(newest.out, /data\.speed: "slow" → "fast"/);
  assert.match(newest.out, /^~ south +Secret\/door/m);
  assert.doesNotMatch(newest.out, /swordfish|hunter2|aHVudGVyMg|opensesame/);
  assert.match(
    newest.out,
    /^ {4}spec\.config\.token: .*\(not shown\)$/m,
    "of a config without a schema nothing is",
  );
  assert.match(newest.out, /^1 to create, 4 to update, 0 to delete, 3 unch/m);

  const applied = await world.run([
    ...["diff", "fleet", "--applied", "-o", "json"],
  ]);
  assert.equal(applied.code, 2, applied.err);
  assert.deepEqual(
    JSON.parse(applied.out).objects.map((o: { name: string }) => o.name),
    ["press-2"],
  );
  const rule = {
    target: { kind: "Agent" },
    paths: ["/spec/paused"],
    drift: "ignore",
  };
  const rules = (driftRules: unknown) =>
    world.up.client.patch(Repository, "fleet", { spec: { driftRules } });
  await rules([rule]);
  assert.equal((await world.run(["diff", "fleet", "--applied"])).code, 0);
  await rules(null);
  await world.git.push({ [south]: "kind: [\n" });
  const faulty = await world.run(["diff", "fleet"]);
  assert.equal(faulty.code, 1);
  assert.match(faulty.out, /^! fleet\/workspaces\/south\/settings\.yaml:\d/m);

  const resumed = await world.run(["resume", "fleet", "--wait"]);
  assert.equal(resumed.code, 1, "what cannot be applied is an error");
  assert.match(resumed.err, /Cannot resume repository fleet: ManifestInvalid/);
  await world.git.push({ [south]: files[south], [devices]: moved });
  await world.ok("sync", "fleet", "--wait");
  assert.equal((await world.run(["diff", "fleet"])).code, 0);
}

/** The states that the hub's controllers have put all this in, as others see them. */
async function health(world: World): Promise<void> {
  const { client } = world.up;
  const north = { namespace: "north" };
  const seen = async (object: Promise<KubeObject>) => {
    const found = await object;
    return [argoHealth(found).status, fluxHealth(found)];
  };
  const repository = (name: string) => client.get(Repository, name);
  assert.deepEqual(await seen(repository("fleet")), ["Healthy", "Current"]);
  assert.deepEqual(await seen(repository("broken")), [
    "Progressing",
    "InProgress",
  ]);
  await world.ok("suspend", "broken");
  await eventually(
    async () =>
      (await seen(repository("broken"))).join() ===
        "Suspended,Current",
    { ...WAIT, what: "both see the suspension, once the hub has" },
  );
  assert.deepEqual(await seen(client.get(Workspace, "north")), [
    "Healthy",
    "Current",
  ]);
  assert.deepEqual(await seen(client.get(Agent, "press-1", north)), [
    "Healthy",
    "Current",
  ]);
  assert.deepEqual(
    await seen(client.get(Monitoring, "host", north)),
    ["Degraded", "Failed"],
    "nothing serves it",
  );
}

async function logs(world: World): Promise<void> {
  const lines = (await world.ok("logs", "fleet")).trimEnd().split("\n");
  const times = lines.map((line) => line.split(" ")[0]!);
  assert.deepEqual(times, [...times].sort());
  const text = lines.join("\n");
  assert.match(text, /Normal +Succeeded +Repository\/fleet: Applied commit/);
  assert.match(text, /Warning +ManifestInvalid +Repository\/fleet: .*settings/);
  assert.doesNotMatch(text, /broken/);
  assert.equal(await world.ok("logs", "fleet", "--since", "1ms"), "");

  const stop = new AbortController();
  const io = bufferIo();
  const following = main([
    ...["repository", "logs", "fleet", "-f", "--since", "1ms"],
    ...["--kubeconfig", world.up.kubeconfigPath],
  ], { io, signal: stop.signal });
  await eventually(async () => {
    // Whatever was put back before it follows is told of no more.
    await world.up.client.delete(Monitoring, "host", {
      namespace: "north",
      ignoreNotFound: true,
    });
    return /DriftCorrected +north Monitoring\/host: Put back/.test(io.stdout);
  }, { ...WAIT, what: "the correction is told" });
  stop.abort();
  await following;
}

async function metrics(world: World): Promise<void> {
  const { up, git } = world;
  await world.applied(
    await git.push({
      "fleet/workspaces/south/settings.yaml":
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n",
    }),
  );
  using http = Deno.createHttpClient({ caCerts: [up.caData] });
  const text = async () =>
    await (await fetch(`${up.hubUrl}/metrics`, { client: http })).text();
  const value = (metrics: string, name: string) =>
    Number(
      metrics.split("\n").find((line) => line.startsWith(`${name} `))
        ?.split(" ").at(-1),
    );
  const now = await text();
  const page = await Deno.readTextFile(
    new URL("../docs/gitops.md", import.meta.url),
  );
  const names = (of: string, pattern: RegExp) =>
    [...new Set([...of.matchAll(pattern)].map(([, name]) => name))].sort();
  assert.deepEqual(
    names(page, /^\| `(faros_\w+)`/gm),
    names(
      now,
      /^# TYPE (faros_(?:gitops|repository|webhooks|notif|forge)\w+)/gm,
    ),
    "docs/gitops.md lists them all",
  );
  const stages = ["fetch", "load", "plan", "apply", "prune", "sync", "drift"];
  for (const stage of stages) {
    const of = `repository="fleet",stage="${stage}"`;
    const total = value(
      now,
      `faros_gitops_stages_total{${of},result="success"}`,
    );
    assert.ok(total >= 1, `${stage} in ${now}`);
    const last = `faros_gitops_last_success_timestamp_seconds{${of}}`;
    assert.ok(value(now, last) > 1.7e9);
    const count = `faros_gitops_stage_duration_seconds_count{${of}}`;
    assert.ok(value(now, count) >= total);
  }
  const failed = (repository: string, stage: string) =>
    value(
      now,
      `faros_gitops_stages_total{repository="${repository}",stage="${stage}",result="failure"}`,
    );
  assert.ok(failed("broken", "fetch") >= 1);
  assert.ok(failed("fleet", "load") >= 1);
  assert.equal(value(now, 'faros_repository_ready{repository="fleet"}'), 1);
  assert.equal(value(now, 'faros_repository_ready{repository="broken"}'), 0);
  const devices = (state: string) =>
    value(now, `faros_repository_devices{repository="fleet",state="${state}"}`);
  assert.deepEqual([devices("total"), devices("converged")], [2, 1]);
  assert.ok(
    value(
      now,
      'faros_gitops_objects_total{repository="fleet",change="deleted"}',
    ) >= 1,
  );
  await up.client.delete(Repository, "broken");
  await eventually(
    async () => !(await text()).includes('repository="broken"'),
    { ...WAIT, what: "nothing is told of what is no more" },
  );
}

async function plugin(world: World): Promise<void> {
  const bin = join(world.dir, "bin");
  const script = fileURLToPath(new URL("../cli/install.ts", import.meta.url));
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, "--dir", bin],
  }).output();
  assert.ok(success);
  const { code, stdout, stderr } = await new Deno.Command(findKubectl()!, {
    args: ["faros", "repository", "get", "fleet", "-o", "name"],
    env: {
      PATH: [bin, Deno.env.get("PATH")].join(delimiter),
      KUBECONFIG: world.up.kubeconfigPath,
    },
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  assert.equal(text.decode(stdout), "repository.gitops.faros.sh/fleet\n");
}
