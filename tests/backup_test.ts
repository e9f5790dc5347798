/**
 * `faros backup`, `restore` and `apiserver check` on the folder of a hub.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as core from "../api/core.ts";
import { Workspace } from "../api/workspace.ts";
import { checkFolder } from "../apiserver/backup/mod.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { bufferIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { startUp } from "../hub/up.ts";
import { mountSmallDisk, smallDiskMissing } from "./soak/small_disk.ts";

async function faros(...args: string[]) {
  const io = bufferIo();
  const code = await main(args, { io });
  return { code, out: io.stdout, err: io.stderr };
}

Deno.test("a hub is backed up while it runs, and one restored from that carries on", async () => {
  const dir = await Deno.makeTempDir({ prefix: "faros-backup-" });
  const data = join(dir, "data");
  const restored = join(dir, "restored");
  const file = join(dir, "fleet.backup");
  const keyFile = join(dir, "keys");
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  await Deno.writeTextFile(keyFile, btoa(String.fromCharCode(...bytes)));
  const encryption = { keys: await Deno.readTextFile(keyFile) };
  try {
    {
      await using up = await startUp({ dataDir: data, encryption });
      await up.leading;
      await up.client.create(core.Namespace, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "kept" },
      });
      const online = await faros("backup", file, "--data", data);
      assert.equal(online.code, 0, online.err);
      assert.match(online.out, /resourceVersion \d+ of .* rows/);
      const busy = await faros("apiserver", "check", "--data", data);
      assert.match(busy.err, /a server is using it/);
      assert.equal(busy.code, 1);
    }
    const check = await faros("apiserver", "check", "--data", data);
    assert.match(check.out, /store\.db: ok, \d+ rows/, check.err);
    // The same without a server.
    const offline = await faros("backup", `${file}2`, "--data", data);
    assert.equal(offline.code, 0, offline.err);

    const done = await faros("restore", file, "--data", restored);
    assert.equal(done.code, 0, done.err);
    const twice = await faros("restore", file, "--data", restored);
    assert.match(twice.err, /it is not empty/);
    await using up = await startUp({ dataDir: restored, encryption });
    await up.leading;
    await up.client.get(core.Namespace, "kept");
    // The hub's kinds are served, and what it does goes on.
    assert.deepEqual((await up.client.list(Workspace)).items, []);
    // What the backup has of the old one: its CA, and so its devices' trust.
    assert.equal(
      up.caData,
      await Deno.readTextFile(join(data, "ca.crt")),
    );
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

const noSmallDisk = await smallDiskMissing();
Deno.test({
  name: `a restore says where the disk is too small for it${
    noSmallDisk ? `: not tested, ${noSmallDisk}` : ""
  }`,
  ignore: noSmallDisk !== undefined,
  async fn() {
    const dir = await Deno.makeTempDir({ prefix: "faros-backup-" });
    const file = join(dir, "b");
    try {
      {
        const dataDir = join(dir, "data");
        await using server = await startApiServer({ dataDir, listen: false });
        for (let i = 0; i < 30; i++) {
          await server.client.create({
            group: "",
            resource: "configmaps",
            namespace: "default",
          }, {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: `m${i}` },
            data: { large: "x".repeat(100_000) },
          });
        }
      }
      const saved = await faros("backup", file, "--data", join(dir, "data"));
      assert.equal(saved.code, 0, saved.err);
      const codes: number[] = [];
      // Of half a megabyte more each time: full while the log is written, while it goes into the file, and never.
      for (let half = 2; half <= 18; half++) {
        await using disk = await mountSmallDisk(join(dir, "disk"), half << 19);
        const data = join(disk.dir, "data");
        const { code, err } = await faros("restore", file, "--data", data);
        codes.push(code);
        if (code !== 0) {
          assert.match(err, /Cannot restore .*disk is full/);
          await assert.rejects(
            startApiServer({ dataDir: data, listen: false }),
            /a restore into it was not finished/,
          );
          continue;
        }
        const check = await faros("apiserver", "check", "--data", data);
        assert.match(check.out, /store\.db: ok/, check.err);
      }
      assert.deepEqual([...new Set(codes)], [1, 0]);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test({
  name:
    `what is stored is not called damaged where the disk is too small to encrypt it${
      noSmallDisk ? `: not tested, ${noSmallDisk}` : ""
    }`,
  ignore: noSmallDisk !== undefined,
  async fn() {
    const dir = await Deno.makeTempDir({ prefix: "faros-backup-" });
    const secrets = { group: "", resource: "secrets", namespace: "default" };
    try {
      {
        await using server = await startApiServer({
          dataDir: join(dir, "data"),
          listen: false,
        });
        for (let i = 0; i < 30; i++) {
          await server.client.create(secrets, {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: `s${i}` },
            data: { large: btoa("x".repeat(75_000)) },
          });
        }
      }
      const { size } = await Deno.stat(join(dir, "data", "store.db"));
      const encryption = { keys: btoa("0123456789abcdef0123456789abcdef") };
      let refused = 0;
      for (let more = 0; more <= 3; more += 0.25) {
        const bytes = Math.ceil(size * (1 + more)) + (256 << 10);
        await using disk = await mountSmallDisk(join(dir, "disk"), bytes);
        const dataDir = join(disk.dir, "data");
        await Deno.mkdir(dataDir);
        for await (const { name } of Deno.readDir(join(dir, "data"))) {
          await Deno.copyFile(join(dir, "data", name), join(dataDir, name));
        }
        try {
          await using server = await startApiServer({
            dataDir,
            listen: false,
            encryption,
          });
          assert.equal(server.client.reader.count(secrets), 30);
          break;
        } catch (error) {
          refused++;
          assert.match(
            (error as Error).message,
            /Cannot open .*store\.db: .*disk is full; free space there/,
          );
          // Where there is no room for its index either, a check says that.
          try {
            assert.deepEqual(checkFolder(dataDir).problems, []);
          } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
            assert.match(
              (error as Error).message,
              /Cannot check .*disk is full/,
            );
          }
        }
      }
      assert.ok(refused > 2 && refused < 13, `${refused}`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("backup and restore say what is missing", async () => {
  const dir = await Deno.makeTempDir({ prefix: "faros-backup-" });
  try {
    const none = await faros("backup", join(dir, "b"), "--data", dir);
    assert.equal(none.code, 1);
    assert.match(none.err, /There is no database in/);
    await Deno.writeTextFile(join(dir, "b"), "no backup\n");
    const wrong = await faros(
      "restore",
      join(dir, "b"),
      "--data",
      join(dir, "d"),
    );
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /Cannot restore .*no backup/);
    assert.equal((await faros("restore", join(dir, "b"))).code, 2);
    const keys = await faros(
      "apiserver",
      "check",
      "--data",
      dir,
      "--encryption-key-file",
      join(dir, "nothing"),
    );
    assert.match(keys.err, /Cannot read the encryption keys/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
