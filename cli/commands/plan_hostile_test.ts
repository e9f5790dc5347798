import assert from "node:assert/strict";
import { join } from "node:path";
import { bufferIo } from "../io.ts";
import { main } from "../main.ts";
import { ExampleFleet } from "../plan/testing/example_fleet.ts";
import { selfCommand } from "../self_command.ts";

Deno.test("plan lets nothing of a pull request act", async (t) => {
  await using fleet = await ExampleFleet.create();
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
