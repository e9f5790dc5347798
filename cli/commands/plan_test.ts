import assert from "node:assert/strict";
import { join } from "node:path";
import { bufferIo } from "../io.ts";
import { main } from "../main.ts";
import { ExampleFleet } from "../plan/testing/example_fleet.ts";

Deno.test("plan compares what it is told to, and what people expect", async (t) => {
  await using fleet = await ExampleFleet.create();
  const first = await fleet.git("rev-parse", "HEAD");
  const monitoring = "workspaces/factory-b/plugins.yaml";
  const interval = (text: string, to: string) =>
    text.replace(
      /type: host\n(.*\n)*$/,
      `type: host\n  config: { interval: ${to} }\n`,
    );

  await t.step("nothing", async () => {
    const { code, out } = await fleet.plan();
    assert.equal(code, 0);
    assert.match(out, /no device affected; no object changes/);
  });
  await t.step("what is not committed, ignored files left out", async () => {
    await fleet.edit(monitoring, (text) => interval(text, "1m"));
    await fleet.write({
      ".gitignore": "*.local.yaml\n",
      "workspaces/factory-b/mine.local.yaml": "no manifest",
      "workspaces/factory-b/new.yaml":
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: new }\n",
    });
    const { objects, devices, problems } = await fleet.json();
    assert.deepEqual(problems, []);
    assert.deepEqual(
      objects.map(({ change, kind }) => `${change} ${kind}`).sort(),
      ["create ConfigMap", "update Monitoring"],
    );
    assert.deepEqual(devices.map(({ agents }) => agents.length), [40]);
    assert.deepEqual(devices[0]!.plugins[0]!.config.map((c) => c.field), [
      "config.interval",
    ]);
  });
  await t.step(
    "a branch with what is not committed, from where it parted",
    async () => {
      await fleet.git("checkout", "-q", "-b", "topic");
      await fleet.commit("Topic");
      await Deno.remove(
        join(fleet.dir, "workspaces/factory-b/mine.local.yaml"),
      );
      await fleet.git("checkout", "-q", "main");
      await fleet.write({ "README.md": "Later on main\n" });
      await fleet.edit(
        "workspaces/factory-a/plugins.yaml",
        (text) => text.replace("51820", "51000"),
      );
      await fleet.commit("Main goes on");
      await fleet.git("checkout", "-q", "topic");
      await fleet.edit(
        "workspaces/factory-a/agents.yaml",
        (text) => text.replace("interval: 30s", "interval: 40s"),
      );
      const both = await fleet.json();
      assert.deepEqual(both.base, first.slice(0, 12));
      assert.deepEqual(both.objects.map(({ name }) => name).sort(), [
        "host",
        "new",
        "press-2",
      ]);
      const committed = await fleet.json("--head", "topic");
      assert.deepEqual(committed.objects.map(({ name }) => name).sort(), [
        "host",
        "new",
      ]);
      const uncommitted = await fleet.json("--base", "HEAD");
      assert.deepEqual(uncommitted.objects.map(({ name }) => name), [
        "press-2",
      ]);
      const back = await fleet.json("--base", "topic", "--head", "main");
      assert.deepEqual(
        back.objects.map(({ change, name }) => `${change} ${name}`).sort(),
        ["delete new", "update host", "update line"],
      );
      assert.deepEqual(
        back.approvals.map(({ owners, files }) => [owners, files]),
        [
          [["@example/platform"], [".gitignore", "README.md"]],
          [["@example/kaunas"], ["workspaces/factory-a/plugins.yaml"]],
          [["@example/porto"], [
            "workspaces/factory-b/new.yaml",
            "workspaces/factory-b/plugins.yaml",
          ]],
        ],
      );
    },
  );
  await t.step("what cannot be found is an error", async () => {
    const gone = await fleet.plan("--base", "no-such-branch");
    assert.deepEqual([gone.code, gone.out], [1, ""]);
    assert.match(gone.err, /"no-such-branch": there is no such commit here/);
    const option = await fleet.plan("--base=--upload-pack=x");
    assert.match(option.err, /there is no such commit/);
    const io = bufferIo();
    assert.equal(await main(["plan", "/"], { io }), 1);
    assert.match(io.stderr, /in no git repository/);
  });
  await t.step("what an error says to write keeps its lines", async () => {
    await fleet.reset();
    await fleet.write({
      "workspaces/new/workspace.yaml":
        "apiVersion: tenancy.faros.sh/v1alpha1\nkind: Workspace\nmetadata: { name: new }\n",
      "workspaces/new/all.yaml":
        "apiVersion: plugins.faros.sh/v1alpha1\nkind: Monitoring\nmetadata: { name: host }\nspec: { type: host }\n---\n" +
        "apiVersion: edge.faros.sh/v1alpha1\nkind: Agent\nmetadata: { name: a }\nspec: { plugins: [{ name: host }] }\n",
    });
    const { code, out } = await fleet.plan();
    assert.equal(code, 1);
    assert.match(
      out,
      /Add to the Workspace's spec\.plugins:\n {6}- name: monitoring-host\n {8}permissions:\n/,
    );
  });
  await t.step(
    "a branch without a commit is told from one that is missing",
    async () => {
      await fleet.reset();
      await fleet.git("checkout", "-q", "--orphan", "fresh");
      const { code, err } = await fleet.plan();
      assert.equal(code, 1);
      assert.match(err, /"HEAD": the current branch has no commit yet/);
    },
  );
});

Deno.test("plan finds a fleet in a folder of a repository", async () => {
  await using fleet = await ExampleFleet.create();
  await Deno.mkdir(join(fleet.dir, "clusters"));
  for (const part of ["workspaces", "root"]) {
    await fleet.git("mv", part, `clusters/${part}`);
  }
  await fleet.commit("Moved");
  await fleet.edit(
    "clusters/workspaces/factory-a/agents.yaml",
    (text) => text.replace("interval: 30s", "intervall: 30s"),
  );
  const io = bufferIo();
  const path = join(fleet.dir, "clusters/workspaces/factory-a");
  assert.equal(await main(["plan", path, "-o", "sarif"], { io }), 1);
  const { runs: [{ results }] } = JSON.parse(io.stdout);
  const { artifactLocation, region } = results[0].locations[0].physicalLocation;
  assert.equal(
    artifactLocation.uri,
    "clusters/workspaces/factory-a/agents.yaml",
  );
  const lines = (await Deno.readTextFile(join(path, "agents.yaml"))).split(
    "\n",
  );
  assert.equal(
    lines[region.startLine - 1]?.slice(region.startColumn - 1),
    "intervall: 30s }",
  );
  assert.equal(results[0].ruleId, "ConfigInvalid");
});

Deno.test("plan goes by the Repository that a fleet has of itself", async () => {
  await using fleet = await ExampleFleet.create();
  const repository = (from: string) =>
    `apiVersion: gitops.faros.sh/v1alpha1
kind: Repository
metadata: { name: fleet }
spec:
  url: https://git.example.org/fleet.git
  substitute: { variables: { net: 10.9.0.0/24 }${from} }
`;
  const plugins = "workspaces/factory-a/plugins.yaml";
  await fleet.write({ "root/repository.yaml": repository("") });
  await fleet.commit("Itself");
  await fleet.edit(plugins, (text) => text.replace("10.8.0.0/24", "${net}"));
  const { objects, problems } = await fleet.json();
  assert.deepEqual(problems, []);
  assert.deepEqual(objects[0]?.fields, [{
    field: "spec.config.address",
    before: '"10.8.0.0/24"',
    after: '"10.9.0.0/24"',
  }]);
  await fleet.edit(plugins, (text) => text.replace("net", "nets"));
  assert.match((await fleet.json()).problems[0]!.message, /nets/);
  // What only the cluster knows stays as it is written.
  await fleet.reset();
  await fleet.write({
    "root/repository.yaml": repository(
      ", from: [{ kind: ConfigMap, name: nets }]",
    ),
  });
  await fleet.commit("From the cluster");
  await fleet.edit(plugins, (text) => text.replace("10.8.0.0/24", "${other}"));
  const unknown = await fleet.json();
  assert.deepEqual(unknown.problems, []);
  assert.equal(unknown.objects[0]?.fields[0]?.after, '"${other}"');
});
