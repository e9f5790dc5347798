import assert from "node:assert/strict";
import { parseEncryptionKeys } from "./encryption_keys.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { Store } from "./store.ts";

const PLAINTEXT = "correct horse battery staple";
const key = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
const encryption = (...keys: string[]) =>
  parseEncryptionKeys(keys.join("\n"), { source: "keys" });

async function inFolder(work: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/store.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes Secrets and a ConfigMap, with history; a Secret is deleted, which leaves free space behind. */
async function fill(store: Store, text = PLAINTEXT) {
  const put = (resource: string, name: string, data: string) =>
    store.write({ group: "", resource, namespace: "a", name }, () => ({
      type: "put",
      object: {
        apiVersion: "v1",
        kind: resource,
        metadata: {
          name,
          namespace: "a",
          uid: name,
          resourceVersion: "",
          creationTimestamp: "2026-01-01T00:00:00Z",
        },
        data: { data },
      },
    }));
  await put("configmaps", "open", "open text");
  for (let i = 0; i < 30; i++) await put("secrets", `s${i}`, `${text} ${i}`);
  await put("secrets", "s0", `${text} again`);
  await put("secrets", "gone", text.repeat(500));
  await store.write(
    { group: "", resource: "secrets", namespace: "a", name: "gone" },
    (current) => ({ type: "delete", object: current!.object }),
  );
  // Everything but the last change: pages become free.
  await store.compact(store.resourceVersion - 1);
}

/** Whether `text` stands anywhere in the files of the database. */
async function contains(path: string, text: string): Promise<boolean> {
  for (const file of [path, `${path}-wal`]) {
    const bytes = await Deno.readFile(file).catch(() => new Uint8Array());
    if (new TextDecoder("latin1").decode(bytes).includes(text)) return true;
  }
  return false;
}

const secret = (store: Store, name: string) =>
  store.get({ group: "", resource: "secrets", namespace: "a", name })?.object
    .data.data;

Deno.test("encryption: no Secret stands in the files in plain text, and all are read back", async () => {
  await inFolder(async (path) => {
    const keys = encryption(key());
    let store = await Store.open(new SqliteLog(path, { encryption: keys }));
    await fill(store);
    assert.equal(await contains(path, PLAINTEXT), false);
    assert.equal(await contains(path, "open text"), true);
    await store.close();
    assert.equal(await contains(path, PLAINTEXT), false);
    store = await Store.open(new SqliteLog(path, { encryption: keys }));
    assert.equal(secret(store, "s0"), `${PLAINTEXT} again`);
    assert.equal(secret(store, "s29"), `${PLAINTEXT} 29`);
    await store.close();
  });
});

Deno.test("encryption: when a file opens with its first key, no plain text is left in it", async () => {
  await inFolder(async (path) => {
    let store = await Store.open(new SqliteLog(path));
    await fill(store);
    await store.close();
    assert.equal(await contains(path, PLAINTEXT), true);
    const log = new SqliteLog(path, { encryption: encryption(key()) });
    store = await Store.open(log);
    assert.equal(await contains(path, PLAINTEXT), false);
    assert.equal(secret(store, "s0"), `${PLAINTEXT} again`);
    await store.close();
    assert.equal(await contains(path, PLAINTEXT), false);
  });
});

Deno.test("encryption: Secrets that were deleted before there was a key leave no text either", async () => {
  await inFolder(async (path) => {
    let store = await Store.open(new SqliteLog(path));
    await fill(store);
    for (let i = 0; i < 30; i++) {
      await store.write(
        { group: "", resource: "secrets", namespace: "a", name: `s${i}` },
        (current) => ({ type: "delete", object: current!.object }),
      );
    }
    await store.compact(store.resourceVersion);
    await store.close();
    assert.equal(await contains(path, PLAINTEXT), true);
    store = await Store.open(
      new SqliteLog(path, { encryption: encryption(key()) }),
    );
    assert.equal(await contains(path, PLAINTEXT), false);
    await store.close();
  });
});

Deno.test("encryption: a missing key is named, and so are those that are there", async () => {
  await inFolder(async (path) => {
    const right = encryption(key());
    const wrong = encryption(key());
    const store = await Store.open(new SqliteLog(path, { encryption: right }));
    await fill(store);
    await store.close();
    const open = (keys?: typeof right) =>
      Store.open(new SqliteLog(path, { encryption: keys }));
    await assert.rejects(open(), (error: Error) => {
      assert.match(error.message, /no key is given/);
      assert.ok(error.message.includes(right.keys[0]!.id), error.message);
      return true;
    });
    await assert.rejects(open(wrong), (error: Error) => {
      assert.ok(error.message.includes(right.keys[0]!.id), error.message);
      assert.ok(error.message.includes(wrong.keys[0]!.id), error.message);
      return true;
    });
    // And nothing is the worse for it.
    await (await open(right)).close();
  });
});

Deno.test("encryption: a new first key takes over in the background, then the old one can go", async () => {
  await inFolder(async (path) => {
    const [old, fresh] = [key(), key()];
    let store = await Store.open(
      new SqliteLog(path, { encryption: encryption(old) }),
    );
    await fill(store);
    await store.close();
    const told = Promise.withResolvers<Record<string, unknown>>();
    const both = encryption(fresh, old);
    store = await Store.open(
      new SqliteLog(path, {
        encryption: both,
        log: (_message, details) => told.resolve(details),
      }),
    );
    assert.deepEqual((await told.promise).noLongerNeeded, [both.keys[1]!.id]);
    await store.close();
    assert.equal(await contains(path, both.keys[1]!.id), false);
    store = await Store.open(
      new SqliteLog(path, { encryption: encryption(fresh) }),
    );
    assert.equal(secret(store, "s29"), `${PLAINTEXT} 29`);
    await store.close();
  });
});

Deno.test("encryption: after 'identity' the file needs no key any more", async () => {
  await inFolder(async (path) => {
    const old = key();
    let store = await Store.open(
      new SqliteLog(path, { encryption: encryption(old) }),
    );
    await fill(store);
    await store.close();
    const told = Promise.withResolvers<Record<string, unknown>>();
    store = await Store.open(
      new SqliteLog(path, {
        encryption: encryption("identity", old),
        log: (_message, details) => told.resolve(details),
      }),
    );
    await told.promise;
    await store.close();
    store = await Store.open(new SqliteLog(path));
    assert.equal(secret(store, "s29"), `${PLAINTEXT} 29`);
    await store.close();
  });
});

Deno.test("encryption: a value that was moved to another object does not decrypt", async () => {
  await inFolder(async (path) => {
    const keys = encryption(key());
    const log = new SqliteLog(path, { encryption: keys });
    const store = await Store.open(log);
    await fill(store);
    await store.close();
    const { DatabaseSync } = await import("node:sqlite");
    const { rowChecksum } = await import("./row_checksum.ts");
    const db = new DatabaseSync(path);
    const rows = db.prepare(
      "SELECT * FROM log WHERE name IN ('s1', 's2') ORDER BY name",
    ).all();
    const [from, to] = rows as [typeof rows[0], typeof rows[0]];
    db.prepare("UPDATE log SET value = ?, checksum = ? WHERE rv = ?").run(
      from.value as string,
      rowChecksum({
        resourceVersion: to.rv as number,
        previous: to.previous as number,
        deleted: false,
        resource: to.resource as string,
        namespace: "a",
        name: "s2",
        value: from.value as string,
      }),
      to.rv as number,
    );
    db.close();
    await assert.rejects(
      Store.open(new SqliteLog(path, { encryption: keys })),
      /secrets\/a\/s2 .* cannot be decrypted .* is damaged/,
    );
  });
});

Deno.test("parseEncryptionKeys: says what is wrong with a key, never the key", () => {
  const parse = (text: string) => parseEncryptionKeys(text, { source: "FILE" });
  const two = parse(`# of March\n${key()}\n\n${key()} # old\n`);
  assert.equal(two.keys.length, 2);
  assert.deepEqual(two.resources, ["secrets"]);
  assert.deepEqual(parse(`identity\n${key()}`).resources, []);
  for (
    const [text, message] of [
      ["", /no encryption key in FILE/],
      ["# nothing", /no encryption key in FILE/],
      ["c2hvcnQ=", /key 1 of FILE: it has 5 bytes; a key is 32 random bytes/],
      [`${key()}\n!!`, /key 2 of FILE: it is not base64/],
      [`${key()}\nidentity`, /'identity', which can only be the first/],
    ] as const
  ) {
    assert.throws(() => parse(text), message);
  }
});

Deno.test("parseEncryptionKeys: a key that stands there twice is one, and never among those no longer needed", async () => {
  await inFolder(async (path) => {
    const [old, next] = [key(), key()];
    const first = await Store.open(
      new SqliteLog(path, { encryption: encryption(old) }),
    );
    await fill(first);
    await first.close();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const again = await Store.open(
      new SqliteLog(path, {
        encryption: encryption(next, old, next),
        log: (_, details) => resolve(details.noLongerNeeded),
      }),
    );
    assert.deepEqual(await promise, [encryption(old).keys[0]!.id]);
    await again.close();
  });
});
