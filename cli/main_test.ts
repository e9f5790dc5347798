import assert from "node:assert/strict";
import { join } from "node:path";
import { bufferIo } from "./io.ts";
import { main } from "./main.ts";
import { entries, groups } from "./registry.ts";

async function run(line: string, env: Record<string, string> = {}) {
  const io = bufferIo({ env });
  const code = await main(line.split(" ").filter(Boolean), { io });
  return { code, out: io.stdout, err: io.stderr };
}

for (const { path } of entries) {
  const name = path.join(" ");

  Deno.test(`faros ${name} --help shows usage and examples`, async () => {
    const { code, out, err } = await run(`${name} --help`);
    assert.equal(code, 0);
    assert.equal(err, "");
    assert.match(out, new RegExp(`^Usage:\n  faros ${name}\\b`, "m"));
    assert.match(out, /^Examples:\n {2}# .+\n {2}\S/m);
    assert.match(out, /-h, --help/);
  });

  // The codes of these say what they found: 2 is a difference.
  const usage = ["plan", "repository diff"].includes(name) ? 1 : 2;

  Deno.test(`faros ${name} exits with ${usage} for a flag that it does not have`, async () => {
    const { code, out, err } = await run(`${name} --no-such-flag`);
    assert.equal(code, usage);
    assert.equal(out, "");
    assert.match(err, /unknown flag --no-such-flag/);
    assert.equal(err.trim().split("\n").length, 1);
  });
}

for (const { path } of groups) {
  const name = path.join(" ");

  Deno.test(`faros ${name} --help lists its commands`, async () => {
    const { code, out } = await run(`${name} --help`);
    assert.equal(code, 0);
    const children = entries.filter((e) => e.path[0] === name);
    for (const child of children) assert.ok(out.includes(child.summary));
  });

  Deno.test(`faros ${name} alone is no command`, async () => {
    assert.equal((await run(name)).code, 2);
  });
}

Deno.test("the help lists each command that is not hidden", async () => {
  const { code, out } = await run("--help");
  assert.equal(code, 0);
  for (const { summary, hidden } of entries) {
    assert.equal(out.includes(summary), !hidden, summary);
  }
});

Deno.test("a misspelt command, word or flag is corrected", async () => {
  assert.match((await run("dmeo")).err, /did you mean demo\?/);
  assert.match((await run("workspace crate")).err, /did you mean create\?/);
  assert.match((await run("agent aprove x")).err, /did you mean approve\?/);
  assert.match(
    (await run("workspace get --kubconfig x")).err,
    /did you mean --kubeconfig\?/,
  );
});

Deno.test("what is missing or too much is an error of usage", async () => {
  for (
    const [line, expected] of [
      ["workspace create", /NAME is missing/],
      ["workspace create a b", /unexpected argument "b": .* takes 1 at most/],
      ["up now", /unexpected argument "now": the command takes none/],
      ["up --data=", /--data is empty/],
      ["up --interval 2x", /--interval is "2x"; it is a duration such as 30s/],
      ["up --repository ftp://a/b", /--repository is "ftp:\/\/a\/b": ftp:/],
      ["up --branch a..b", /--branch is "a\.\.b": it is no valid name of a b/],
      ["up --advertise-url a", /--advertise-url is "a"; it is a URL such as/],
      ["up --hub-url http://a", /--hub-url is "http:\/\/a"; it is a URL/],
      ["hub --hub-url a", /--hub-url is "a"; it is a URL such as/],
      ["hub --advertise-url a", /--advertise-url is "a"; it is a URL such as/],
      ["apiserver --advertise-url a", /--advertise-url is "a"; it is a URL/],
      ["up --repository no-folder", /there is no folder .*no-folder/],
      ["repository sync a --timeout soon", /--timeout is "soon"; .* such as/],
      [
        "repository create a --url https://a/b --export --semver x.y",
        /--semver is "x\.y": it is no range of versions, such as/,
      ],
      [
        "repository create a --url https://a/b --export --path ../b",
        /--path is "\.\.\/b": it leads out of the repository/,
      ],
      [
        "repository create a --url https://a/b --export --commit 3fa9",
        /--commit is "3fa9": it is the whole hash of a commit/,
      ],
      ["agent get -w", /the value of -w is missing/],
      [
        "repository tree a --limit -1",
        /the value of --limit is missing; .* given as --limit=-…/,
      ],
      ["repository tree a --limit=-1", /--limit is "-1"; it is a number/],
      ["agent get -A press-1", /--all-workspaces and NAME press-1 are given/],
      ["agent get -A -w b", /--all-workspaces and workspace b are given/],
      ["agent --name Press_1", /--name is "Press_1"; .* lower-case letters/],
      ["agent generate a -f - --server b", /--server is "b"; it is a URL/],
      ["agent generate a -f - --server http://b", /"http:\/\/b"; it is a URL/],
      ["workspace get -o table", /--output is "table"; it can be json, yaml/],
      ["agent generate press-1", /--file FILE is missing/],
      ["agent generate Press_1 -f x", /NAME is "Press_1"/],
      ["workspace create a --member b=king", /--member is "b=king"/],
      ["generate crds --check", /--check needs -o DIR/],
    ] as const
  ) {
    const { code, err } = await run(line);
    assert.match(err, expected);
    assert.equal(code, 2, line);
  }
});

Deno.test("a cluster that is not there is one line and exit code 1", async () => {
  const { code, err } = await run("workspace get --kubeconfig /nonexistent");
  assert.equal(code, 1);
  assert.match(err, /^faros workspace get: Cannot read kubeconfig \/nonex/);
  assert.equal(err.trim().split("\n").length, 1);
});

Deno.test("a cluster that does not answer is named once, with why", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const dir = await Deno.makeTempDir({ prefix: "faros-main-" });
  try {
    const path = join(dir, "kubeconfig");
    await Deno.writeTextFile(
      path,
      `{current-context: a, contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: "http://127.0.0.1:${port}"}}]}`,
    );
    const { code, err } = await run(`workspace get --kubeconfig ${path}`);
    assert.equal(code, 1);
    assert.match(
      err,
      new RegExp(
        `^faros workspace get: Cannot GET http://127\\.0\\.0\\.1:${port}/\\S+: [^:]*refused[^:]*\n$`,
      ),
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a command that is ended before it is done says so, and exits as shells count", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => {
      asked.resolve();
      return answer.promise;
    },
  );
  const dir = await Deno.makeTempDir({ prefix: "faros-main-" });
  try {
    const path = join(dir, "kubeconfig");
    await Deno.writeTextFile(
      path,
      `{current-context: a, contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: "http://127.0.0.1:${server.addr.port}"}}]}`,
    );
    const io = bufferIo();
    const ending = new AbortController();
    const args = ["workspace", "get", "--kubeconfig", path];
    const code = main(args, { io, signal: ending.signal });
    await asked.promise;
    ending.abort();
    assert.equal(await code, 130);
    assert.equal(io.stderr, "faros workspace get: interrupted\n");
  } finally {
    answer.resolve(new Response());
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("what stands in the way of a start is told with the way out", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const dir = await Deno.makeTempDir({ prefix: "faros-main-" });
  try {
    const file = join(dir, "file");
    await Deno.writeTextFile(file, "");
    const data = `--data ${join(dir, "data")}`;
    const kubeconfig = join(dir, "kubeconfig");
    await Deno.writeTextFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "a", cluster: { server: "http://127.0.0.1:1" } }],
        users: [{ name: "a", user: {} }],
        contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
        "current-context": "a",
      }),
    );
    for (
      const [line, expected] of [
        [
          `up ${data} --listen 127.0.0.1:${port}`,
          `Cannot listen on 127.0.0.1:${port}: .*; another program listens there`,
        ],
        [
          `apiserver --data ${dir}/api --listen 127.0.0.1:${port}`,
          `Cannot listen on 127.0.0.1:${port}: .*; another program listens there`,
        ],
        [
          `up --data ${file} --listen 127.0.0.1:0`,
          `Cannot use folder ${file}: .*; choose another folder by --data`,
        ],
        [
          `hub --kubeconfig ${kubeconfig} --engine kubernetes --data ${file}/hub`,
          `Cannot use folder ${file}/hub: .*; choose another folder by --data`,
        ],
        // It is there, and takes no file, not even root's.
        [
          `hub --kubeconfig ${kubeconfig} --engine kubernetes --data /proc`,
          `Cannot use folder /proc: .*; choose another folder by --data`,
        ],
        [
          `apiserver --data ${file} --listen 127.0.0.1:0`,
          `Cannot use data folder ${file}: .*; choose another`,
        ],
        [
          `agent --kubeconfig x --state-dir ${file}`,
          `Cannot use state folder ${file}: .*; choose another by --state-dir`,
        ],
        [
          `agent --kubeconfig ${dir}/none --state-dir ${join(dir, "state")}`,
          `Cannot join: there is no kubeconfig ${dir}/none; make one by: kubectl faros agent generate`,
        ],
        [
          `apiserver check --data ${join(dir, "none")}`,
          `There is no database in ${dir}/none to check`,
        ],
        [
          `apiserver salvage x --data ${join(dir, "none")}`,
          `There is no database in ${dir}/none to salvage`,
        ],
        [
          `restore ${dir}/none --data ${join(dir, "restored")}`,
          `Cannot restore ${dir}/none: `,
        ],
      ] as const
    ) {
      const { code, err } = await run(line);
      assert.match(err, new RegExp(expected), line);
      assert.equal(code, 1, line);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("help COMMAND is the help of that command", async () => {
  for (const line of ["up", "workspace", "workspace create"]) {
    assert.deepEqual(await run(`help ${line}`), await run(`${line} --help`));
  }
});

Deno.test("what does not fit in a line of the help goes on below itself", async () => {
  for (const { path } of entries) {
    const { out } = await run(`${path.join(" ")} --help`);
    const [, flags] = out.split("Flags:\n");
    const [lines] = flags!.split("\n\n");
    for (const line of lines!.split("\n")) {
      assert.match(line, /^ {2}(-\w, | {4})--|^ {2}-h, --help| {12}/, line);
    }
  }
});
