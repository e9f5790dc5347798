import assert from "node:assert/strict";
import { prepareCredentials } from "./credentials.ts";
import { Mirror } from "./mirror.ts";
import { parseRef } from "./ref.ts";
import { parseRemote } from "./remote.ts";
import { makeRepository } from "./testing/repository.ts";

Deno.test("a mirror that has grown is made anew, and can be tidied", async () => {
  await using repo = await makeRepository({ filter: true });
  // So that git does it, rather than copy.
  const remote = parseRemote(`file://${repo.path}`);
  const dir = `${repo.dir}/mirror.git`;
  const mirror = new Mirror({
    remote,
    dir,
    maxFileBytes: 2 ** 20,
    renewFrom: 200_000,
  });
  await using credentials = await prepareCredentials(remote, {
    dir: `${repo.dir}/credentials`,
  });
  const options = { credentials, timeout: 60_000, sparse: false };
  const ref = parseRef({ branch: "main" });
  const size = () => {
    let bytes = 0;
    for (const { name } of Deno.readDirSync(`${dir}/objects/pack`)) {
      bytes += Deno.statSync(`${dir}/objects/pack/${name}`).size;
    }
    return bytes;
  };
  const sizes: number[] = [];
  for (let i = 0; i < 8; i++) {
    const noise = new Uint8Array(40_000);
    crypto.getRandomValues(noise);
    const commit = await repo.push({ "a.yaml": noise.toHex() });
    const tip = await mirror.tip(ref, options);
    const fetched = await mirror.fetch(tip, options);
    assert.equal(fetched, commit);
    const [, oid = ""] = (await repo.git("ls-tree", commit)).split(/\s+/)
      .slice(1);
    await mirror.provide([oid], { ...options, commit, tip });
    await mirror.tidy();
    sizes.push(size());
  }
  assert.ok(Math.max(...sizes) < 400_000, String(sizes));
  assert.ok(sizes.some((bytes, i) => bytes < sizes[i - 1]!), String(sizes));
});
