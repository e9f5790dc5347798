import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { type ApiServerOptions, startApiServer } from "../mod.ts";
import { configMap, TestClient } from "../test_client.ts";
import { backupOfFolder, checkFolder, RAISE, restore, salvage } from "./mod.ts";
import { readBackup } from "./read_backup.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const SECRETS = "/api/v1/namespaces/default/secrets";
const KEYS = btoa("0123456789abcdef0123456789abcdef");

async function inFolder(work: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir();
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function withData(
  dataDir: string,
  work: (api: TestClient) => Promise<void>,
  options: ApiServerOptions = {},
) {
  await using server = await startApiServer({ dataDir, ...options });
  await work(new TestClient(server, server.adminToken));
}

const secret = (name: string, text: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  stringData: { text },
});

async function download(api: TestClient, file: string) {
  const response = await api.server.fetch(
    new Request(new URL("/backup", api.server.url), {
      headers: { authorization: `Bearer ${api.token}` },
    }),
  );
  assert.equal(response.status, 200);
  await Deno.writeFile(file, response.body!);
}

async function save(bytes: AsyncIterable<Uint8Array>, file: string) {
  using to = await Deno.open(file, { create: true, write: true });
  for await (const chunk of bytes) await to.write(chunk);
}

/** Overwrites part of a file. */
function damage(file: string, at: number, bytes: Uint8Array) {
  using to = Deno.openSync(file, { write: true });
  to.seekSync(at, Deno.SeekMode.Start);
  to.writeSync(bytes);
}

Deno.test("a backup of a running server is one moment, whatever is written and compacted meanwhile", async () => {
  await inFolder(async (dir) => {
    const backup = `${dir}/backup`;
    let seen = 0;
    await withData(`${dir}/data`, async (api) => {
      // More than is read at a time.
      const large = "x".repeat(100_000);
      for (let i = 0; i < 30; i++) {
        await api.post(MAPS, configMap(`m${i}`, { large }));
      }
      await api.post(SECRETS, secret("s", "hidden"));
      const response = await api.server.fetch(
        new Request(new URL("/backup", api.server.url), {
          headers: { authorization: `Bearer ${api.token}` },
        }),
      );
      seen = Number((await api.get(MAPS)).body.metadata.resourceVersion);
      // After the backup's moment, before any of it is read: all objects change, and history goes.
      for (let i = 0; i < 30; i++) {
        const { code } = await api.patch(`${MAPS}/m${i}`, "merge", {
          data: { later: "y" },
        });
        assert.equal(code, 200);
      }
      assert.equal((await api.delete(`${SECRETS}/s`)).code, 200);
      await Deno.writeFile(backup, response.body!);
      // What waited for the backup happens now.
      assert.equal((await api.post(MAPS, configMap("after"))).code, 201);
    }, { history: 10, encryption: { keys: KEYS } });

    const text = await Deno.readTextFile(backup);
    assert.ok(!text.includes(btoa("hidden")), "the Secret is in plain text");
    const summary = await restore(backup, `${dir}/restored`);
    assert.equal(summary.header.resourceVersion, seen);
    await withData(`${dir}/restored`, async (api) => {
      const { body } = await api.get(MAPS);
      const own = body.items.filter((o: { metadata: { name: string } }) =>
        /^m\d+$/.test(o.metadata.name)
      );
      assert.equal(own.length, 30);
      for (const { data } of own) {
        assert.deepEqual(Object.keys(data), ["large"]);
      }
      assert.equal(
        (await api.get(`${SECRETS}/s`)).body.data.text,
        btoa("hidden"),
      );
    }, { encryption: { keys: KEYS } });
  });
});

Deno.test("after a restore no client believes an old version, and every credential still works", async () => {
  await inFolder(async (dir) => {
    const backup = `${dir}/backup`;
    let token = "";
    let ca = "";
    let before = 0;
    await withData(`${dir}/data`, async (api) => {
      token = api.token;
      ca = api.server.caData;
      await api.post(MAPS, configMap("kept", { v: "1" }));
      await download(api, backup);
      // What the backup does not know.
      await api.patch(`${MAPS}/kept`, "merge", { data: { v: "2" } });
      const { body } = await api.post(MAPS, configMap("lost"));
      before = Number(body.metadata.resourceVersion);
    });
    await restore(backup, `${dir}/restored`);
    assert.ok(checkFolder(`${dir}/restored`).resourceVersion >= RAISE);
    await withData(`${dir}/restored`, async (api) => {
      assert.equal(api.token, token);
      assert.equal(api.server.caData, ca);
      const { body } = await api.get(`${MAPS}/kept`);
      assert.deepEqual(body.data, { v: "1" });
      assert.equal((await api.get(`${MAPS}/lost`)).code, 404);

      const watch = await api.watch(
        `${MAPS}?watch=true&resourceVersion=${before}`,
      );
      const event = await watch.next();
      assert.equal(event.type, "ERROR");
      assert.equal(event.object.code, 410);
      await watch.stop();
      const exact = await api.get(
        `${MAPS}?resourceVersion=${before}&resourceVersionMatch=Exact`,
      );
      assert.equal(exact.code, 410);

      const list = (await api.get(MAPS)).body.metadata.resourceVersion;
      // How many writes the backup lacks is not ours alone to say: controllers write, too.
      assert.ok(Number(list) >= RAISE, list);
      // By name: a controller may still be making kube-root-ca.crt.
      const fresh = await api.watch(
        `${MAPS}?watch=true&resourceVersion=${list}&fieldSelector=metadata.name%3Dfresh`,
      );
      const created = await api.post(MAPS, configMap("fresh"));
      assert.ok(Number(created.body.metadata.resourceVersion) > Number(list));
      assert.deepEqual(await fresh.names(1), ["ADDED fresh"]);
      await fresh.stop();
    });
    // And once more from a restored folder: its versions stay above.
    await save(backupOfFolder(`${dir}/restored`), `${backup}2`);
    const again = await restore(`${backup}2`, `${dir}/again`);
    assert.ok(again.header.resourceVersion > RAISE);
  });
});

Deno.test("a backup needs the administrator, or a role that names the path", async () => {
  await inFolder(async (dir) => {
    await withData(`${dir}/data`, async (api) => {
      const asBob = { "Impersonate-User": "bob" };
      const refused = await api.get("/backup", asBob);
      assert.equal(refused.code, 403);
      const rbac = "/apis/rbac.authorization.k8s.io/v1";
      await api.post(`${rbac}/clusterroles`, {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "backup" },
        rules: [{ nonResourceURLs: ["/backup"], verbs: ["get"] }],
      });
      await api.post(`${rbac}/clusterrolebindings`, {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "backup" },
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: "backup",
        },
        subjects: [{
          apiGroup: "rbac.authorization.k8s.io",
          kind: "User",
          name: "bob",
        }],
      });
      assert.equal((await api.get("/backup", asBob)).code, 200);
    });
  });
});

Deno.test("a backup that was cut off or changed is refused before anything is written", async () => {
  await inFolder(async (dir) => {
    const backup = `${dir}/backup`;
    await withData(`${dir}/data`, async (api) => {
      await api.post(MAPS, configMap("kept", { v: "some text" }));
      await download(api, backup);
    });
    const whole = await Deno.readTextFile(backup);
    const lines = whole.split("\n");
    for (
      const [text, message] of [
        ["", /it is empty/],
        [whole.slice(0, -200), /no JSON|cut off/],
        [lines.slice(0, -2).join("\n") + "\n", /its end is missing/],
        [whole.replace("some text", "some tent"), /it is damaged/],
        [lines.toSpliced(3, 1).join("\n"), /it is damaged/],
        [whole + "{}\n", /something follows its end/],
        ["hello\n", /no backup/],
        ['{"kind":"List"}\n', /does not begin as a backup does/],
        [whole.replace('"backup":1', '"backup":2'), /use a newer program/],
      ] as const
    ) {
      await Deno.writeTextFile(backup, text);
      await assert.rejects(restore(backup, `${dir}/new`), message);
      await assert.rejects(Deno.stat(`${dir}/new`), Deno.errors.NotFound);
    }
    await Deno.writeTextFile(backup, whole);
    await assert.rejects(
      restore(backup, `${dir}/data`),
      /Cannot restore into .*: it is not empty/,
    );
    // A restore that died leaves this, and no server takes it for an empty folder.
    await Deno.mkdir(`${dir}/half`);
    await Deno.writeTextFile(`${dir}/half/store.db.restoring`, "");
    await assert.rejects(
      startApiServer({ dataDir: `${dir}/half` }),
      /a restore into it was not finished/,
    );
  });
});

Deno.test("a file with a damaged page does not start, says the way out, and the rest can be saved", async () => {
  await inFolder(async (dir) => {
    const data = `${dir}/data`;
    const count = 200;
    await withData(data, async (api) => {
      for (let i = 0; i < count; i++) {
        await api.post(MAPS, configMap(`m${i}`, { fill: "z".repeat(500) }));
      }
    });
    const path = `${data}/store.db`;
    assert.deepEqual(checkFolder(data).problems, []);
    // One leaf in the middle of the table.
    const db = new DatabaseSync(path);
    const { pageno } = db.prepare(
      "SELECT pageno FROM dbstat WHERE name = 'log' AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 20",
    ).get() as { pageno: number };
    db.close();
    damage(path, (pageno - 1) * 4096, new Uint8Array(4096).fill(0xee));

    await assert.rejects(
      startApiServer({ dataDir: data }),
      /store\.db: .*malformed.*faros apiserver check.*faros restore.*faros apiserver salvage/,
    );
    const { problems } = checkFolder(data);
    assert.match(problems.join("\n"), /rows of resourceVersion \d+ to \d+/);

    const saved = await salvage(data);
    await save(saved.bytes, `${dir}/saved`);
    assert.equal(saved.lost.length, 1, saved.lost.join("\n"));
    await restore(`${dir}/saved`, `${dir}/restored`);
    await withData(`${dir}/restored`, async (api) => {
      const { body } = await api.get(MAPS);
      const left = body.items.filter((o: { metadata: { name: string } }) =>
        /^m\d/.test(o.metadata.name)
      ).length;
      // A page holds a few objects.
      assert.ok(left < count && left > count - 20, `${left} of ${count}`);
      assert.equal((await api.post(MAPS, configMap("new"))).code, 201);
    });
  });
});

Deno.test("rows that are not there are said to be lost where no page tells of them", async () => {
  await inFolder(async (dir) => {
    const data = `${dir}/data`;
    await withData(data, async (api) => {
      for (let i = 0; i < 10; i++) await api.post(MAPS, configMap(`m${i}`));
    });
    const db = new DatabaseSync(`${data}/store.db`);
    const rows = db.prepare(
      "SELECT rv FROM log WHERE name IN ('m3', 'm4', 'm7') ORDER BY rv",
    ).all().map(({ rv }) => rv);
    db.exec(`DELETE FROM log WHERE rv IN (${rows.join()})`);
    db.close();
    const { lost, bytes } = await salvage(data);
    await save(bytes, `${dir}/saved`);
    const why =
      "cannot be found: lost, unless the disk was full when it was to be written";
    assert.deepEqual(lost, [
      `resourceVersions ${rows[0]} to ${rows[1]} ${why}`,
      `resourceVersion ${rows[2]} ${why}`,
    ]);
    // Of what was compacted nothing is missing.
    const compacted = new DatabaseSync(`${data}/store.db`);
    compacted.exec(
      `UPDATE meta SET value = '${rows[2]}' WHERE key = 'compacted'`,
    );
    compacted.close();
    const again = await salvage(data);
    await save(again.bytes, `${dir}/again`);
    assert.deepEqual(again.lost, []);
  });
});

Deno.test("a flipped bit inside a value is found at the start, and by a check", async () => {
  await inFolder(async (dir) => {
    const data = `${dir}/data`;
    await withData(data, async (api) => {
      await api.post(MAPS, configMap("good", { v: "1" }));
      await api.post(MAPS, configMap("bad", { v: "unmistakable" }));
    });
    const path = `${data}/store.db`;
    const at = Buffer.from(await Deno.readFile(path)).indexOf("unmistakable");
    damage(path, at, new TextEncoder().encode("U"));
    await assert.rejects(
      startApiServer({ dataDir: data }),
      /configmaps\/default\/bad \(resourceVersion \d+\) is not what was written.*'faros restore/,
    );
    assert.match(
      checkFolder(data).problems.join("\n"),
      /configmaps\/default\/bad .* its checksum differs/,
    );
    const saved = await salvage(data);
    await save(saved.bytes, `${dir}/saved`);
    await restore(`${dir}/saved`, `${dir}/restored`);
    await withData(`${dir}/restored`, async (api) => {
      assert.equal((await api.get(`${MAPS}/good`)).code, 200);
      assert.equal((await api.get(`${MAPS}/bad`)).code, 404);
    });
  });
});

Deno.test("a backup leaves out what people put beside the server's files, and restores those that are linked", async () => {
  await inFolder(async (dir) => {
    const data = `${dir}/data`;
    await withData(data, async (api) => {
      await api.post(MAPS, configMap("kept"));
    });
    await Deno.rename(`${data}/ca.key`, `${dir}/ca.key`);
    await Deno.symlink(`${dir}/ca.key`, `${data}/ca.key`);
    await Deno.symlink(`${dir}/nowhere`, `${data}/link`);
    const strange = ["admin.kubeconfig~", "my notes.txt", ".swp"];
    for (const name of strange) await Deno.writeTextFile(`${data}/${name}`, "");
    await Deno.writeFile(`${data}/audit.log`, new Uint8Array(2 << 20));
    await save(backupOfFolder(data), `${dir}/backup`);
    assert.ok((await Deno.stat(`${dir}/backup`)).size < 1 << 20);
    await restore(`${dir}/backup`, `${dir}/restored`);
    const read = (name: string) => Deno.readTextFile(`${dir}/${name}`);
    assert.equal(await read("restored/ca.key"), await read("ca.key"));
    const names = Array.from(
      Deno.readDirSync(`${dir}/restored`),
      (e) => e.name,
    );
    assert.deepEqual(
      names.filter((name) => [...strange, "audit.log", "link"].includes(name)),
      [],
    );
    // An earlier version backed them up.
    const [head, ...rest] = (await read("backup")).split("\n").slice(0, -2);
    const file = JSON.stringify({ file: "admin.kubeconfig~", content: "" });
    const lines = [head!, file, ...rest].map((line) => `${line}\n`).join("");
    const files = rest.filter((line) => line.startsWith('{"file"')).length + 1;
    const sha256 = createHash("sha256").update(lines).digest("hex");
    const end = { files, rows: rest.length + 1 - files, sha256 };
    await Deno.writeTextFile(
      `${dir}/older`,
      `${lines}${JSON.stringify({ end })}\n`,
    );
    await restore(`${dir}/older`, `${dir}/again`);
    await withData(`${dir}/again`, async (api) => {
      assert.equal((await api.get(`${MAPS}/kept`)).code, 200);
    });
  });
});

Deno.test("what is no database at all is said to be none", async () => {
  await inFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/store.db`, "nothing ".repeat(1000));
    await assert.rejects(
      startApiServer({ dataDir: dir }),
      /Cannot open .*store\.db: file is not a database.*'faros restore/,
    );
    assert.match(checkFolder(dir).problems.join(), /not a database/);
    await assert.rejects(
      salvage(dir),
      /Cannot save anything of .*restore a backup/,
    );
  });
});

Deno.test("a check of a folder in use says so", async () => {
  await inFolder(async (dir) => {
    await withData(dir, async () => {
      assert.throws(() => checkFolder(dir), /a server is using it; stop/);
      await assert.rejects(salvage(dir), /stop the server/);
      await assert.rejects(async () => {
        for await (const _ of backupOfFolder(dir));
      }, /locked/);
    });
  });
});

Deno.test("readBackup: finds lines whatever pieces they come in", async () => {
  await inFolder(async (dir) => {
    await withData(dir, async (api) => {
      await api.post(MAPS, configMap("m", { v: "ü".repeat(50) }));
    });
    const parts: Uint8Array[] = [];
    for await (const chunk of backupOfFolder(dir)) parts.push(chunk);
    const whole = Buffer.concat(parts);
    const summary = await readBackup(pieces(whole, whole.length));
    assert.deepEqual(await readBackup(pieces(whole, 7)), summary);
  });
});

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}
