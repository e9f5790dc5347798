import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { createHubKey } from "../../agent/testing/hub_key.ts";
import { ClaimType } from "../../api/protocol/claims.ts";
import type { Preview } from "../../hub/preview/preview_result.ts";
import { bufferIo } from "../io.ts";
import { main } from "../main.ts";
import { selfCommand } from "../self_command.ts";

const FIXTURES = new URL("../../fixtures/pull_requests/", import.meta.url);
const UPDATE = Deno.env.has("FAROS_UPDATE_GOLDEN");
const FORMS = ["text", "json", "markdown", "junit", "sarif"] as const;

/** Secrets of the example fleet and of the pull requests on it. */
const SECRET = /s3cret/i;

/** A git repository with the example fleet committed. */
class Fleet implements AsyncDisposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "faros-plan-" });

  static async create(): Promise<Fleet> {
    const fleet = new Fleet();
    await fleet.git("init", "-q", "-b", "main");
    await copy(new URL("fleet/", FIXTURES), fleet.dir);
    await fleet.commit("The fleet");
    return fleet;
  }

  async git(...args: string[]): Promise<string> {
    const date = "2026-01-02T03:04:05Z";
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-C", this.dir, "-c", "core.autocrlf=false", ...args],
      env: {
        HOME: this.dir,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "Ann",
        GIT_AUTHOR_EMAIL: "ann@example.org",
        GIT_COMMITTER_NAME: "Ann",
        GIT_COMMITTER_EMAIL: "ann@example.org",
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  }

  async commit(message: string): Promise<string> {
    await this.git("add", "-A");
    await this.git("commit", "-q", "-m", message);
    return await this.git("rev-parse", "HEAD");
  }

  async write(files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(this.dir, path)), { recursive: true });
      await Deno.writeTextFile(join(this.dir, path), text);
    }
  }

  async edit(
    path: string,
    change: (text: string) => string,
  ): Promise<void> {
    const old = await Deno.readTextFile(join(this.dir, path));
    const now = change(old);
    assert.notEqual(now, old, `nothing changes in ${path}`);
    await Deno.writeTextFile(join(this.dir, path), now);
  }

  /** Back to what is committed. */
  async reset(): Promise<void> {
    await this.git("reset", "-q", "--hard", "main");
    await this.git("clean", "-qfdx");
  }

  async plan(...args: string[]) {
    const io = bufferIo();
    const code = await main(["plan", ...args, this.dir], { io });
    return { code, out: io.stdout, err: io.stderr };
  }

  async json(...args: string[]): Promise<Preview> {
    const { out, err } = await this.plan("-o", "json", ...args);
    assert.equal(err, "");
    return JSON.parse(out);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

async function copy(from: URL, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    const target = join(to, entry.name);
    if (entry.isDirectory) {
      await Deno.mkdir(target);
      await copy(new URL(`${entry.name}/`, from), target);
    } else await Deno.copyFile(new URL(entry.name, from), target);
  }
}

async function checkGolden(name: string, found: string): Promise<void> {
  const url = new URL(name, FIXTURES);
  if (UPDATE) await Deno.writeTextFile(url, found);
  assert.equal(found, await Deno.readTextFile(url), name);
}

Deno.test("plan of the example pull requests", async (t) => {
  await using fleet = await Fleet.create();
  const cases = [
    { name: "version_bump", code: 2, also: ["text"] },
    { name: "network_port", code: 2, also: ["json"] },
    { name: "mass_deletion", code: 2, also: ["text"] },
    { name: "typo", code: 1, also: ["sarif", "junit", "text"] },
    { name: "secret_rotation", code: 2, also: [] },
    { name: "site_removal", code: 2, also: [] },
  ];
  const ENDINGS: Record<string, string> = {
    text: "txt",
    json: "json",
    sarif: "sarif",
    junit: "xml",
  };
  for (const { name, code, also } of cases) {
    await t.step(name, async () => {
      await fleet.reset();
      const patch = new URL(`${name}.patch`, FIXTURES).pathname;
      await fleet.git("apply", patch);
      const comment = await fleet.plan("-o", "markdown");
      assert.equal(comment.err, "");
      assert.equal(comment.code, code);
      await checkGolden(`${name}.md`, comment.out);
      for (const form of also) {
        const { out } = await fleet.plan("-o", form);
        await checkGolden(`${name}.${ENDINGS[form]}`, out);
      }
    });
  }
  await t.step("no secret is in any of them", async () => {
    for await (const { name } of Deno.readDir(FIXTURES)) {
      if (/\.(md|txt|json|sarif|xml)$/.test(name)) {
        const text = await Deno.readTextFile(new URL(name, FIXTURES));
        assert.doesNotMatch(text, SECRET, name);
      }
    }
  });
});

Deno.test("plan compares what it is told to, and what people expect", async (t) => {
  await using fleet = await Fleet.create();
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
});

Deno.test("plan finds a fleet in a folder of a repository", async () => {
  await using fleet = await Fleet.create();
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
    "{ intervall: 30s }",
  );
  assert.equal(results[0].ruleId, "ConfigInvalid");
});

Deno.test("plan shows no secret, whatever a pull request does to get at it", async () => {
  await using fleet = await Fleet.create();
  await fleet.write({
    "workspaces/factory-b/secrets.yaml": `apiVersion: v1
kind: Secret
metadata: { name: line-key }
stringData: { privateKey: porto-line-s3cret-key }
---
apiVersion: v1
kind: Secret
metadata: { name: other }
stringData: { token: "other-s3cret-token", pem: "first s3cret line\\nsecond s3cret line\\n" }
`,
  });
  await fleet.commit("Secrets");
  const hostile: Record<string, (text: string) => string> = {
    // The mark of the secret is taken away.
    "root/catalogue/wireguard.yaml": (text) =>
      text.replaceAll(", writeOnly: true", ""),
    "workspaces/factory-a/plugins.yaml": (text) =>
      text
        // A value in the place of a reference, and of another type.
        .replace(/\{ secretKeyRef: .* \}/, "plain-s3cret-value")
        .replace(
          "kaunas-line-s3cret-key",
          "kaunas-line-s3cret-key\n  worse: { not: a-s3cret-string }",
        )
        // Copied into what is no secret.
        .replace(
          "name: host\n",
          "name: host\n  annotations: { copy: kaunas-line-s3cret-key }\n",
        ),
    "workspaces/factory-a/agents.yaml": (text) =>
      text
        // A config that is no YAML, one of a plugin that nobody knows.
        .replace(
          "      config: { interval: 30s }",
          "      config: |\n        a: *s3cret-alias\n        b: [",
        )
        .replace("  paused: true\n", "")
        .replace(
          "    - name: line\n---",
          "    - name: nobodys\n      config: { key: unknown-s3cret }\n---",
        ),
    "workspaces/factory-b/plugins.yaml": (text) =>
      text.replace("type: wireguard", "type: another")
        .replace(/\{ secretKeyRef: .* \}/, "{ deep: s3cret-in-an-object }"),
    "workspaces/factory-b/secrets.yaml": (text) =>
      text.replace("stringData: { privateKey: ", "data: { privateKey: ")
        .replace('"other-s3cret-token"', "1234567890123456789012345")
        .replace(
          "metadata: { name: other }",
          'metadata: { name: other, annotations: { kubectl.kubernetes.io/last-applied-configuration: \'{"token":"other-s3cret-token"}\' } }',
        ),
  };
  const paths = Object.keys(hostile);
  // One by one, since an error in one hides the others, then all at once.
  const rounds = [...paths.map((path) => [path]), paths];
  for (const round of rounds) {
    await fleet.reset();
    for (const path of round) await fleet.edit(path, hostile[path]!);
    // The other forms are made of the same.
    for (const form of round.length > 1 ? FORMS : ["json"]) {
      const { out, err, code } = await fleet.plan("-o", form);
      assert.notEqual(code, 0);
      assert.doesNotMatch(out + err, SECRET, `${round} as ${form}`);
      assert.doesNotMatch(
        out + err,
        /1234567890123456789012345|1\.2345678901234568e\+24/,
        `${round} as ${form}`,
      );
    }
  }
  // A file that is no YAML in the middle of a Secret.
  await fleet.reset();
  await fleet.edit(
    "workspaces/factory-b/secrets.yaml",
    (text) => text.replace("porto-line", "%@ 's3cret: *s3cret ["),
  );
  for (const form of FORMS) {
    const { out, code } = await fleet.plan("-o", form);
    assert.equal(code, 1);
    assert.doesNotMatch(out, SECRET);
  }
});

Deno.test("plan goes by the Repository that a fleet has of itself", async () => {
  await using fleet = await Fleet.create();
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

Deno.test("plan takes secrets that it cannot read for good", async () => {
  await using fleet = await Fleet.create();
  const sops = (value: string, mac: string) =>
    `apiVersion: v1
kind: Secret
metadata: { name: line-key }
data:
  privateKey: ENC[AES256_GCM,data:${value},iv:AAAA,tag:AAAA,type:str]
sops:
  mac: ENC[AES256_GCM,data:${mac},iv:AAAA,tag:AAAA,type:str]
  version: 3.10.2
`;
  const file = "workspaces/factory-b/line_key.yaml";
  await fleet.write({ [file]: sops("b25l", "b25l") });
  await fleet.commit("An encrypted Secret");
  await fleet.write({ [file]: sops("dHdv", "dHdv") });
  const { problems, objects, devices } = await fleet.json();
  assert.deepEqual(problems, []);
  assert.deepEqual(objects.map(({ kind, name }) => [kind, name]), [
    ["Secret", "line-key"],
  ]);
  assert.deepEqual(
    devices.map(({ agents, plugins }) => [
      agents.length,
      plugins.map(({ object, config }) => [object, config]),
    ]),
    [
      [40, [["Network/line", [{
        field: "config.privateKey",
        before: '"(secret)"',
        after: '"(secret)"',
        secret: true,
      }]]]],
    ],
  );
  // One that goes is missed; one that was never there may be put in by hand.
  await Deno.remove(join(fleet.dir, file));
  const gone = await fleet.json();
  assert.deepEqual(
    gone.problems.map(({ reason, agents }) => [
      reason,
      agents?.length,
    ]),
    [["SecretNotFound", 40]],
  );
  await fleet.reset();
  await fleet.edit(
    "workspaces/factory-a/plugins.yaml",
    (text) => text.replace("name: line-key, key", "name: by-hand, key"),
  );
  const byHand = await fleet.json();
  assert.deepEqual(byHand.problems.map(({ severity }) => severity), [
    "warning",
  ]);
  assert.match(byHand.problems[0]!.message, /Secret by-hand, which is not in/);
});

Deno.test("plan lets nothing of a pull request act", async (t) => {
  await using fleet = await Fleet.create();
  const marker = join(fleet.dir, "..", `ran-${crypto.randomUUID()}`);
  const program = `touch ${marker}; false`;

  await t.step("names and values are no markup", async () => {
    await fleet.write({
      "workspaces/factory-a/x.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: x
  annotations:
    a: "@example/everyone <img src=https://example.org/x> [l](https://example.org) \`\`@b\`\` \\e[31mred\\u202e"
data:
  "k": v
`,
    });
    await fleet.commit("x");
    await fleet.edit(
      "workspaces/factory-a/x.yaml",
      (text) => text.replace("everyone", "others"),
    );
    await fleet.write({
      "workspaces/factory-b/<b>@all.yaml": "x: ![y](z)\n</details>",
    });
    const { out: markdown } = await fleet.plan("-o", "markdown");
    const outside = markdown.replaceAll(/(`+)(?!`).*?[^`]\1(?!`)/g, "");
    assert.doesNotMatch(outside, /@[a-z]|<img|<b>|\]\(|https:/);
    assert.equal(markdown.match(/<\/details>/g)?.length, 1);
    for (const form of ["text", "markdown"]) {
      const { out } = await fleet.plan("-o", form);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]/);
    }
    const { out: xml } = await fleet.plan("-o", "junit");
    assert.match(xml, /&lt;b&gt;@all\.yaml/);
  });
  await t.step("links and what is no file are not opened", async () => {
    await fleet.reset();
    await Deno.symlink(
      "/etc/passwd",
      join(fleet.dir, "workspaces/factory-a/link.yaml"),
    );
    await Deno.symlink("/etc", join(fleet.dir, "workspaces/factory-a/folder"));
    await new Deno.Command("mkfifo", {
      args: [join(fleet.dir, "workspaces/factory-a/pipe.yaml")],
    }).output();
    const { problems } = await fleet.json();
    assert.deepEqual(problems.map(({ file }) => file), [
      "workspaces/factory-a/folder",
      "workspaces/factory-a/link.yaml",
    ]);
    assert.ok(problems.every(({ message }) => /symbolic link/.test(message)));
    await Deno.remove(join(fleet.dir, "workspaces/factory-a/pipe.yaml"));
    const commit = await fleet.commit("Links");
    const committed = await fleet.json("--base", "HEAD^", "--head", commit);
    assert.deepEqual(committed.problems.map(({ file }) => file), [
      "workspaces/factory-a/folder",
      "workspaces/factory-a/link.yaml",
    ]);
    await fleet.git("reset", "-q", "--hard", "HEAD^");
  });
  await t.step("what never ends is ended", async () => {
    await fleet.reset();
    await fleet.edit(
      "root/catalogue/wireguard.yaml",
      (text) =>
        text.replaceAll(
          "address: { type: string }",
          () => "address: { type: string, pattern: ^(1+)+$ }",
        ),
    );
    await fleet.edit(
      "workspaces/factory-a/plugins.yaml",
      (text) => text.replace("10.8.0.0/24", `"${"1".repeat(60)}x"`),
    );
    const [program, ...args] = selfCommand();
    const { success, stdout, stderr } = await new Deno.Command(program!, {
      args: [...args, "plan", "--timeout", "2s", fleet.dir],
    }).output();
    assert.equal(success, false);
    assert.equal(new TextDecoder().decode(stdout), "");
    assert.match(new TextDecoder().decode(stderr), /took longer than 2s/);
  });
  await t.step(
    "no program of its configuration or attributes runs",
    async () => {
      await fleet.reset();
      await fleet.write({
        ".gitattributes": "* filter=evil diff=evil\n",
        ".git/config": `[core]
  repositoryformatversion = 1
  fsmonitor = "${program}"
  sshCommand = "${program}"
  pager = "${program}"
  hooksPath = ${fleet.dir}/hooks
[extensions]
  partialClone = evil
[remote "evil"]
  url = ssh://example.invalid/x
  promisor = true
[filter "evil"]
  clean = "${program}"
  smudge = "${program}"
  process = "${program}"
[diff "evil"]
  textconv = "${program}"
  command = "${program}"
[alias]
  ls-files = "!${program}"
`,
        "hooks/post-index-change": `#!/bin/sh\n${program}\n`,
        // What looks like a repository is none.
        "workspaces/factory-a/HEAD": "ref: refs/heads/main\n",
        "workspaces/factory-a/config": `[core]\n  fsmonitor = "${program}"\n`,
        "workspaces/factory-a/objects/x": "",
        "workspaces/factory-a/refs/x": "",
      });
      await Deno.chmod(join(fleet.dir, "hooks/post-index-change"), 0o755);
      await fleet.edit(
        "workspaces/factory-a/plugins.yaml",
        (text) => text.replace("51820", "51821"),
      );
      const io = bufferIo();
      const path = join(fleet.dir, "workspaces/factory-a");
      assert.equal(await main(["plan", path], { io }), 2);
      assert.equal(
        (await fleet.plan("--base", "HEAD", "--head", "main")).code,
        0,
      );
      const missing = "1".repeat(40);
      const lazy = await fleet.plan("--base", missing);
      assert.match(lazy.err, /there is no such commit/);
      await assert.rejects(Deno.stat(marker), Deno.errors.NotFound);
    },
  );
});

Deno.test("plan as Markdown stays within what forges take", async () => {
  await using fleet = await Fleet.create();
  const agents = (interval: string) =>
    Array.from({ length: 600 }, (_, i) =>
      `apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: { name: device-with-a-rather-long-name-${i} }
spec: { plugins: [{ name: host, config: { interval: ${i + 10}${interval} } }] }
`).join("---\n");
  await fleet.write({ "workspaces/factory-a/more.yaml": agents("s") });
  await fleet.commit("Many");
  await fleet.write({ "workspaces/factory-a/more.yaml": agents("m") });
  const { out, code } = await fleet.plan("-o", "markdown");
  assert.equal(code, 2);
  const size = new TextEncoder().encode(out).length;
  assert.ok(size > 20_000 && size <= 60_000, `${size} bytes`);
  assert.match(out, /600 devices affected/);
  assert.match(out, /… and [\d,]+ more objects; `faros plan` shows all/);
  assert.equal(
    out.match(/<details>/g)?.length,
    out.match(/<\/details>/g)?.length,
  );
});

Deno.test("plan knows the kinds that plugins bring, and hides what is secret in them", async () => {
  const plugin = "thermometers";
  const version = "1.0.0";
  const key = await createHubKey();
  const digest = `sha256:${"0".repeat(64)}`;
  const claim = { plugin, version, digest };
  const catalogue = {
    apiVersion: "plugins.faros.sh/v1alpha1",
    kind: "Plugin",
    metadata: { name: plugin },
    spec: {
      versions: [{
        version,
        artifacts: [{
          url: "https://example.com/a.js",
          digest,
          signature: await key.sign(claim, ClaimType.artifact),
        }],
        configSchema: {
          type: "object",
          properties: { token: { type: "string", writeOnly: true } },
        },
        provides: [{ kind: "Thermometer", group: "sensors.example.com" }],
        kinds: [{
          group: "sensors.example.com",
          scope: "Namespaced",
          names: { kind: "Thermometer", plural: "thermometers" },
          versions: [{
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: {
                  spec: {
                    type: "object",
                    properties: {
                      celsius: { type: "integer", maximum: 100 },
                      token: { type: "string" },
                    },
                  },
                },
              },
            },
          }],
        }],
      }],
    },
  };
  const workspace = (plugins: unknown[]) =>
    JSON.stringify({
      apiVersion: "tenancy.faros.sh/v1alpha1",
      kind: "Workspace",
      metadata: { name: "ovens" },
      spec: { plugins, trust: [{ name: "example", key: key.public }] },
    });
  const oven = (spec: Record<string, unknown>) =>
    JSON.stringify({
      apiVersion: "sensors.example.com/v1",
      kind: "Thermometer",
      metadata: { name: "oven" },
      spec,
    });
  await using fleet = await Fleet.create();
  await fleet.write({
    "root/thermometers.yaml": JSON.stringify(catalogue),
    "workspaces/ovens/workspace.yaml": workspace([{ name: plugin }]),
    "workspaces/ovens/oven.yaml": oven({ celsius: 80, token: "s3cret-1" }),
    "workspaces/ovens/press.yaml": JSON.stringify({
      apiVersion: "edge.faros.sh/v1alpha1",
      kind: "Agent",
      metadata: { name: "press-1" },
      spec: { plugins: [{ name: "oven", kind: "Thermometer" }] },
    }),
  });
  const added = await fleet.json();
  assert.deepEqual(added.problems, []);
  assert.deepEqual(
    added.devices.map(({ agents, plugins }) => [
      agents,
      plugins.map(({ object }) => object),
    ]),
    [[["press-1"], ["Thermometer/oven"]]],
  );
  await fleet.commit("Ovens");

  const file = "workspaces/ovens/oven.yaml";
  await fleet.write({ [file]: oven({ celsius: 90, token: "s3cret-2" }) });
  const changed = await fleet.json();
  assert.deepEqual(changed.problems, []);
  const fields = changed.objects.map(({ kind, fields }) => [
    kind,
    fields.map(({ field, before, after }) => [field, before, after]),
  ]);
  assert.deepEqual(fields[0]![1]![0], ["spec.celsius", "80", "90"]);
  assert.equal(changed.devices[0]!.plugins[0]!.config[0]!.after, "90");
  assert.doesNotMatch(JSON.stringify([added, changed]), SECRET);

  await fleet.write({ [file]: oven({ celsius: 101 }) });
  const wrong = await fleet.json();
  assert.match(wrong.problems[0]!.message, /100/);
  await fleet.write({
    [file]: oven({ celsius: 80 }),
    "workspaces/factory-a/oven.yaml": oven({ celsius: 1 }),
  });
  const elsewhere = await fleet.json();
  assert.match(
    elsewhere.problems[0]!.message,
    /Plugin thermometers brings Thermometer, and workspaces\/factory-a\/workspace\.yaml does not enable it/,
  );
});
