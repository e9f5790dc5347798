import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import type { Scenario } from "../scenario.ts";

export const create: Scenario = {
  name: "create: usage, manifests, the first sync",
  async run(world) {
    for (
      const [line, expected] of [
        ["create x", /--url URL is missing/],
        [
          "create x --url /u --tag a --branch b",
          /--branch and --tag are given/,
        ],
        [
          "create x --url /u --username ann",
          /--username needs --password-stdin/,
        ],
        ["create x --url /u --ssh-key-file k", /needs --known-hosts-file/],
        ["create x --url https://a:b@c/d", /holds a password/],
        ["create x --url fleet", /--url is "fleet": .* an absolute path/],
        [
          "create x --url /u --interval soon",
          /spec.interval: must be a duration/,
        ],
        ["create x --url /u --secret-ref s --ca-file c", /give one of them/],
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
      const { code, err } = await world.run(line.split(" "));
      assert.match(err, expected, line);
      // 2 is what a difference exits with.
      assert.equal(code, line.startsWith("diff") ? 1 : 2, line);
    }
    const exported = await world.run([
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
    const none = await world.run(["get"]);
    assert.deepEqual([none.code, none.out], [0, ""]);
    assert.match(none.err, /No repositories found/);

    const made = await world.run([
      ...["create", "fleet", "--url", world.git.path, "--path", "fleet"],
      ...["--interval", "24h"],
    ]);
    assert.equal(made.code, 0, made.err);
    assert.match(
      made.out,
      /^repository\.gitops\.faros\.sh\/fleet created\nrepository fleet: Applied commit \w{12}: 7 objects\n$/,
    );
    const again = await world.run(["create", "fleet", "--url", world.git.path]);
    assert.equal(again.code, 1);
    assert.match(again.err, /there is one of that name/);
    const broken = await world.run([
      ...["create", "broken", "--url", `${world.git.path}.not`],
    ]);
    assert.equal(broken.code, 1);
    assert.match(broken.err, /Cannot sync repository broken: \w+: /);
  },
};
