import assert from "node:assert/strict";
import { parseRemote } from "./remote.ts";
import { fetchSource } from "./source.ts";

/** A bare repository, a work tree, and a folder for mirrors. */
async function repository() {
  const dir = await Deno.makeTempDir({ prefix: "faros-source-" });
  const work = `${dir}/work`;
  const url = `${dir}/fleet.git`;
  const git = async (...args: string[]) => {
    const out = await new Deno.Command("git", {
      args: ["-C", work, "-c", "user.name=A", "-c", "user.email=a@b", ...args],
      env: { HOME: dir, GIT_CONFIG_NOSYSTEM: "1" },
    }).output();
    const text = new TextDecoder();
    assert.ok(out.success, text.decode(out.stderr));
    return text.decode(out.stdout).trim();
  };
  await Deno.mkdir(work);
  await git("init", "-q", "-b", "main");
  await git("init", "-q", "--bare", "-b", "main", url);
  const push = async (files: Record<string, string>, force = false) => {
    for (const [name, content] of Object.entries(files)) {
      await Deno.mkdir(`${work}/${name}`.replace(/\/[^/]*$/, ""), {
        recursive: true,
      });
      await Deno.writeTextFile(`${work}/${name}`, content);
    }
    await git("add", "-A");
    await git("commit", "-q", "-m", "x", ...(force ? ["--amend"] : []));
    await git("push", "-q", ...(force ? ["-f"] : []), url, "HEAD:main");
    return await git("rev-parse", "HEAD");
  };
  return {
    dir,
    work,
    url,
    git,
    push,
    options: {
      stateDir: `${dir}/state`,
      name: "fleet",
      select: () => true,
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

Deno.test("fetchSource() reads the tip, and keeps what has not changed", async () => {
  await using repo = await repository();
  const first = await repo.push({ "a.yaml": "a: 1\n", "b/c.yaml": "c: 1\n" });
  const spec = { url: repo.url };
  const one = await fetchSource(spec, repo.options);
  assert.equal(one.tree.commit, first);
  assert.deepEqual(one.tree.files.map((f) => [f.path, f.text]), [
    ["a.yaml", "a: 1\n"],
    ["b/c.yaml", "c: 1\n"],
  ]);
  assert.equal(
    await fetchSource(spec, { ...repo.options, previous: one }),
    one,
    "nothing new, nothing made anew",
  );
  await repo.push({ "a.yaml": "a: 2\n" });
  const two = await fetchSource(spec, { ...repo.options, previous: one });
  assert.notEqual(two.tree.files[0], one.tree.files[0]);
  assert.equal(two.tree.files[1], one.tree.files[1]);
});

Deno.test("fetchSource() follows a branch whose history was rewritten", async () => {
  await using repo = await repository();
  await repo.push({ "a.yaml": "a: 1\n" });
  const one = await fetchSource({ url: `file://${repo.url}` }, repo.options);
  const forced = await repo.push({ "a.yaml": "a: 2\n" }, true);
  const two = await fetchSource({ url: `file://${repo.url}` }, {
    ...repo.options,
    previous: one,
  });
  assert.equal(two.tree.commit, forced);
  assert.equal(two.tree.files[0]?.text, "a: 2\n");
});

Deno.test("fetchSource() takes a folder as the top, less what .farosignore says", async () => {
  await using repo = await repository();
  await repo.push({
    "fleet/.farosignore": "*.bak.yaml\n/old/\n",
    "fleet/a.yaml": "",
    "fleet/a.bak.yaml": "",
    "fleet/old/b.yaml": "",
    "c.yaml": "",
  });
  const { tree } = await fetchSource(
    { url: repo.url, path: "./fleet/" },
    repo.options,
  );
  assert.deepEqual(tree.files.map((f) => f.path), [".farosignore", "a.yaml"]);
  await assert.rejects(
    fetchSource({ url: repo.url, path: "fleets" }, repo.options),
    /there is no folder fleets \(spec\.path\)/,
  );
  await assert.rejects(
    fetchSource({ url: repo.url, path: "../x" }, repo.options),
    /leads out of the repository/,
  );
});

Deno.test("fetchSource() follows no links and reads no submodules", async () => {
  await using repo = await repository();
  await Deno.symlink("/etc/passwd", `${repo.work}/link.yaml`);
  await repo.push({ "a.yaml": "" });
  const commit = await repo.git("rev-parse", "HEAD");
  await repo.git(
    "update-index",
    "--add",
    "--cacheinfo",
    `160000,${commit},sub`,
  );
  await repo.git("commit", "-q", "-m", "sub");
  await repo.git("push", "-q", repo.url, "HEAD:main");
  const { tree } = await fetchSource({ url: repo.url }, repo.options);
  assert.deepEqual(tree.files.map((f) => f.path), ["a.yaml"]);
  assert.deepEqual(tree.refused.map((r) => r.path), ["link.yaml", "sub"]);
  assert.match(tree.refused[0]!.reason, /symbolic link/);
  assert.match(tree.refused[1]!.reason, /submodule/);
});

Deno.test("fetchSource() recovers a mirror that a kill left locked or broken", async () => {
  await using repo = await repository();
  await repo.push({ "a.yaml": "a: 1\n" });
  const spec = { url: repo.url };
  const one = await fetchSource(spec, repo.options);
  await Deno.writeTextFile(`${one.mirror.dir}/shallow.lock`, "");
  await Deno.writeTextFile(`${one.mirror.dir}/refs/faros/fetched`, "broken");
  const commit = await repo.push({ "a.yaml": "a: 2\n" });
  const two = await fetchSource(spec, repo.options);
  assert.equal(two.tree.commit, commit);
});

Deno.test("fetchSource() says what is missing", async () => {
  await using repo = await repository();
  await assert.rejects(
    fetchSource({ url: repo.url }, repo.options),
    /Cannot look for branch main of .*: there is no such branch/,
  );
  await assert.rejects(
    fetchSource({ url: `${repo.dir}/none.git` }, repo.options),
    /none\.git.*does not appear to be a git repository/,
  );
  await assert.rejects(
    fetchSource({ url: repo.url, branch: "--upload-pack=x" }, repo.options),
    /no valid name of a branch/,
  );
  await assert.rejects(
    fetchSource({ url: "git@example.org:a/b.git" }, repo.options),
    /needs a Secret .* identity is missing/,
  );
});

Deno.test("fetchSource() gives credentials to the server alone", async () => {
  await using repo = await repository();
  const commit = await repo.push({ "a.yaml": "a: 1\n" });
  await using server = serveGit(repo.dir, {
    username: "ada",
    password: "s3:cret",
  });
  const spec = { url: `${server.url}/fleet.git` };
  const secret = { username: "ada", password: "s3:cret" };
  const { tree } = await fetchSource(spec, { ...repo.options, secret });
  assert.equal(tree.commit, commit);
  const left = [...Deno.readDirSync(`${repo.dir}/state/credentials`)];
  assert.deepEqual(left, [], "no credentials are left behind");
  const wrong = { username: "ada", password: "wrong" };
  await assert.rejects(
    fetchSource(spec, { ...repo.options, secret: wrong }),
    (error: Error) =>
      /Authentication failed/i.test(error.message) &&
      !error.message.includes("wrong"),
  );
});

Deno.test("parseRemote() takes known transports without credentials only", () => {
  for (
    const url of [
      "/srv/fleet.git",
      "file:///srv/fleet.git",
      "https://example.org/fleet.git",
      "ssh://git@example.org:2222/fleet.git",
      "git@example.org:a/fleet.git",
      "http://127.0.0.1:3000/fleet.git",
    ]
  ) assert.equal(parseRemote(url).url, url);
  for (
    const url of [
      "ext::sh -c x",
      "-u/x",
      "fleet",
      "http://example.org/fleet.git",
      "https://ada:hunter2@example.org/fleet.git",
      "ssh://-oProxyCommand=x/fleet.git",
      "ftp://example.org/fleet.git",
      "file://host/fleet.git",
    ]
  ) {
    assert.throws(
      () => parseRemote(url),
      (error: Error) => !error.message.includes("hunter2"),
      url,
    );
  }
});

/** `git http-backend` behind basic authentication. */
function serveGit(
  root: string,
  user: { username: string; password: string },
): AsyncDisposable & { url: string } {
  const expected = `Basic ${btoa(`${user.username}:${user.password}`)}`;
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: () => {},
  }, async (request) => {
    if (request.headers.get("authorization") !== expected) {
      return new Response("no", {
        status: 401,
        headers: { "www-authenticate": "Basic" },
      });
    }
    const url = new URL(request.url);
    const child = new Deno.Command("git", {
      args: ["http-backend"],
      env: {
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers.get("content-type") ?? "",
        HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
        GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array(await request.arrayBuffer()));
    await writer.close();
    const { stdout } = await child.output();
    const text = new TextDecoder("latin1").decode(stdout);
    const end = text.indexOf("\r\n\r\n");
    const headers = new Headers();
    let status = 200;
    for (const line of text.slice(0, end).split("\r\n")) {
      const colon = line.indexOf(":");
      const [name, value] = [
        line.slice(0, colon),
        line.slice(colon + 1).trim(),
      ];
      if (name === "Status") status = parseInt(value);
      else headers.set(name, value);
    }
    return new Response(stdout.slice(end + 4), { status, headers });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
