import assert from "node:assert/strict";
import { parseRemote } from "./remote.ts";
import type { RefSpec } from "./ref.ts";
import { fetchSource } from "./source.ts";
import { SourceError } from "./source_error.ts";
import { makeRepository } from "./testing/repository.ts";

/** A repository, and how it is fetched. */
async function repository(options?: Parameters<typeof makeRepository>[0]) {
  const repo = await makeRepository(options);
  const fetching = {
    stateDir: `${repo.dir}/state`,
    name: "fleet",
    select: () => true,
  };
  const push = (files: Record<string, string>, force = false) =>
    repo.push(files, { force });
  return { ...repo, url: repo.path, push, options: fetching };
}

/** Asserts that it fails with that reason and message. */
function fails(work: Promise<unknown>, reason: string, message: RegExp) {
  return assert.rejects(work, (error) => {
    assert.ok(error instanceof SourceError, String(error));
    assert.match(error.message, message);
    assert.equal(error.reason, reason, error.message);
    return true;
  });
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
  await Deno.symlink("fleet", `${repo.work}/link`);
  await repo.push({
    "fleet/.farosignore": "*.bak.yaml\n/old/\n",
    "fleet/a.yaml": "",
    "fleet/a.bak.yaml": "",
    "fleet/old/b.yaml": "",
    "c.yaml": "",
  });
  const { url, options } = repo;
  const { tree } = await fetchSource({ url, path: "./fleet/" }, options);
  assert.deepEqual(tree.files.map((f) => f.path), [".farosignore", "a.yaml"]);
  await fails(
    fetchSource({ url, path: "fleets" }, options),
    "PathNotFound",
    /there is no folder fleets \(spec\.path\)/,
  );
  await fails(
    fetchSource({ url, path: "link" }, options),
    "PathNotFound",
    /link \(spec\.path\) is a symbolic link/,
  );
  await fails(
    fetchSource({ url, path: "c.yaml" }, options),
    "PathNotFound",
    /c\.yaml \(spec\.path\) is a file/,
  );
  await fails(
    fetchSource({ url, path: "../x" }, options),
    "SpecInvalid",
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
  assert.deepEqual(tree.files.map((f) => f.text), [""]);
  assert.match(tree.refused[0]!.reason, /symbolic link/);
  assert.match(tree.refused[1]!.reason, /submodule/);
});

Deno.test("fetchSource() keeps one mirror of a Repository, whatever its URL was", async () => {
  await using repo = await repository();
  await repo.push({ "a.yaml": "" });
  const { options, url } = repo;
  await fetchSource({ url }, { ...options, name: "fleet-0123456789ab" });
  await fetchSource({ url }, options);
  await fetchSource({ url: `file://${url}` }, options);
  const mirrors = [...Deno.readDirSync(`${options.stateDir}/mirrors`)];
  assert.deepEqual(
    mirrors.map((m) => m.name.slice(0, -17)).sort(),
    ["fleet", "fleet-0123456789ab"],
  );
});

Deno.test("fetchSource() leaves out what it does not read, of local repositories too", async () => {
  await using repo = await repository({ filter: true });
  const { options } = repo;
  await repo.push({ "a.yaml": "a: 1\n", "b/c.md": "c" });
  const select = (path: string) => path.endsWith(".yaml");
  // A name that is another one in a URL.
  const url = `${repo.dir}/100%25.git`;
  await Deno.rename(repo.url, url);
  const one = await fetchSource({ url }, { ...options, select });
  assert.deepEqual(one.tree.files.map((f) => f.text), ["a: 1\n"]);
  await repo.git("commit", "-q", "--allow-empty", "-m", "y");
  await repo.git("push", "-q", url, "HEAD:main");
  const two = await fetchSource({ url }, {
    ...options,
    select,
    previous: one,
  });
  assert.notEqual(two.tree.commit, one.tree.commit);
  assert.equal(two.tree.files[0], one.tree.files[0]);
  const all = await fetchSource({ url }, options);
  assert.deepEqual(all.tree.files.map((f) => f.text), ["a: 1\n", "c"]);
});

Deno.test("fetchSource() reads repositories of either hash", async () => {
  await using repo = await repository({ hash: "sha256" });
  const { options, url } = repo;
  const first = await repo.push({ "a.yaml": "a: 1\n" });
  assert.equal(first.length, 64);
  const one = await fetchSource({ url }, options);
  assert.equal(one.tree.commit, first);
  const pinned = { url, ref: { commit: first } };
  assert.deepEqual((await fetchSource(pinned, options)).tree, one.tree);
  // A repository that was made anew, of the other hash.
  await using other = await repository();
  const second = await other.push({ "a.yaml": "a: 2\n" });
  await Deno.remove(url, { recursive: true });
  await Deno.rename(other.url, url);
  const two = await fetchSource({ url }, { ...options, previous: one });
  assert.equal(two.tree.commit, second);
  const again = await fetchSource({ url }, options);
  assert.equal(again.tree.commit, second);
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
  const { options, url } = repo;
  await fails(
    fetchSource({ url }, options),
    "RefNotFound",
    /Cannot look for branch main in .*: the repository is empty/,
  );
  await fails(
    fetchSource({ url: `${repo.dir}/none.git` }, options),
    "RepositoryNotFound",
    /none\.git.*does not appear to be a git repository/,
  );
  await repo.push({ "a.yaml": "" });
  await repo.git("-C", url, "branch", "-m", "main", "trunk");
  await fails(
    fetchSource({ url }, options),
    "RefNotFound",
    /branch main .*: it is not there \(deleted or renamed\?\); its branches are trunk/,
  );
  await fails(
    fetchSource({ url, ref: { semver: "1.x" } }, options),
    "RefNotFound",
    /no tag is in that range .*it has no tags/,
  );
  for (const digit of ["0", "7"]) {
    await fails(
      fetchSource({ url, ref: { commit: digit.repeat(40) } }, options),
      "RefNotFound",
      /no branch or tag of it leads to this commit/,
    );
  }
  await repo.git("tag", "blob", "HEAD:a.yaml");
  await repo.git("push", "-q", url, "blob");
  await fails(
    fetchSource({ url, ref: { tag: "blob" } }, options),
    "RefNotFound",
    /it is a blob, no commit/,
  );
  await fails(
    fetchSource({ url: "git@example.org:a/b.git" }, options),
    "SecretInvalid",
    /needs a Secret .* identity is missing/,
  );
});

Deno.test("fetchSource() follows a tag, a range of versions, a ref and a commit", async () => {
  await using repo = await repository();
  const { url, options, git } = repo;
  const first = await repo.push({ "a.yaml": "a: 1\n" });
  await git("tag", "v1.9.0");
  await git("tag", "-a", "-m", "the tenth", "v1.10.0");
  const second = await repo.push({ "a.yaml": "a: 2\n" });
  await git("tag", "v2.0.0");
  await git("tag", "v1.11.0-rc.1");
  await git("tag", "not-a-version");
  await git("push", "-q", url, "--tags", "HEAD:refs/pull/1/head");
  const fetched = async (ref: RefSpec) => {
    const { tree, tip } = await fetchSource({ url, ref }, options);
    return [tree.commit, tip.ref];
  };
  assert.deepEqual(await fetched({ tag: "v1.10.0" }), [
    first,
    "refs/tags/v1.10.0",
  ]);
  assert.deepEqual(await fetched({ semver: "1.x" }), [
    first,
    "refs/tags/v1.10.0",
  ]);
  assert.deepEqual(await fetched({ semver: ">=1.11.0-rc.0 <2" }), [
    second,
    "refs/tags/v1.11.0-rc.1",
  ]);
  assert.deepEqual(await fetched({ name: "refs/pull/1/head" }), [
    second,
    "refs/pull/1/head",
  ]);
  assert.deepEqual(await fetched({ name: "HEAD" }), [second, "HEAD"]);
  assert.deepEqual(await fetched({ commit: first }), [first, first]);
  // A tag that moves is followed, and so is a new highest version.
  const spec = { url, ref: { semver: "1.x" } };
  const before = await fetchSource(spec, options);
  await git("tag", "-f", "-a", "-m", "again", "v1.10.0", second);
  await git("push", "-q", "-f", url, "--tags");
  const moved = await fetchSource(spec, { ...options, previous: before });
  assert.equal(moved.tree.commit, second);
  await git("tag", "v1.12.0", first);
  await git("push", "-q", url, "--tags");
  const newer = await fetchSource(spec, { ...options, previous: moved });
  assert.equal(newer.tree.commit, first);
  assert.equal(newer.tip.ref, "refs/tags/v1.12.0");
});

Deno.test("fetchSource() takes exactly one valid ref", async () => {
  const options = { stateDir: "/nonexistent", name: "a", select: () => true };
  const cases: [RefSpec, RegExp][] = [
    [{}, /exactly one of branch, tag, semver, name, commit; found none/],
    [{ branch: "a", tag: "b" }, /exactly one of .*; found branch and tag/],
    [{ branch: "--upload-pack=x" }, /no valid name of a branch/],
    [{ tag: "a..b" }, /no valid name of a tag/],
    [{ semver: "latest" }, /no range of versions/],
    [{ name: "main" }, /full name such as refs\/heads\/main/],
    [{ name: "refs/heads/*" }, /full name/],
    [{ commit: "abc123" }, /the whole hash/],
  ];
  for (const [ref, message] of cases) {
    await fails(
      fetchSource({ url: "/srv/a", ref }, options),
      "SpecInvalid",
      message,
    );
  }
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
