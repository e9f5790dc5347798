import assert from "node:assert/strict";
import { hasProgram } from "../../testing/has_program.ts";
import type { ParsedFile } from "../parse_file.ts";
import { formatProblem } from "../problem.ts";
import { decryptFile } from "./decrypt_file.ts";
import { readDecryptionKeys } from "./decryption_keys.ts";

/**
 * Files that sops 3.13.3 encrypted, and the keys, which are for these tests
 * alone: `*.yaml` are one and the same plain text.
 */
const FIXTURES = new URL("../../testdata/sops/", import.meta.url);
const fixture = (name: string) =>
  Deno.readTextFileSync(new URL(name, FIXTURES));

async function keysOf(...names: string[]) {
  const files = Object.fromEntries(names.map((name) => [name, fixture(name)]));
  const ring = await readDecryptionKeys(files, { from: "Secret x/sops" });
  return ring.keysOf({ scope: "root" });
}

async function decrypt(path: string, options: { key: string; text?: string }) {
  const { key, text = fixture(path) } = options;
  const parsed = await decryptFile({ path, text }, await keysOf(key));
  assert.ok(parsed);
  return parsed;
}

const values = ({ documents }: ParsedFile) => documents.map((d) => d.value);
const messages = ({ problems }: ParsedFile) => problems.map(formatProblem);

const PLAIN = [{
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "uplink", labels: { line: "3" } },
  stringData: {
    password: "hunter2-ü",
    empty: "",
    pem: "-----BEGIN-----\nabc\n-----END-----\n",
  },
}, {
  apiVersion: "plugins.faros.sh/v1alpha1",
  kind: "Network",
  metadata: { name: "mesh" },
  spec: {
    type: "wireguard",
    config: {
      listenPort: 51820,
      ratio: 1.5,
      big: 1e21,
      small: 1e-7,
      relay: true,
      none: null,
      since: "2026-01-02T00:00:00Z",
      privateKey: "c2VjcmV0LXByaXZhdGUta2V5",
      peers: [{ publicKey: "def", allowedIPs: ["10.0.0.0/8"] }],
    },
  },
}];

for (
  const [file, key] of [
    ["age.yaml", "fleet.agekey"],
    ["pgp.yaml", "fleet.asc"],
    ["whole.yaml", "fleet.agekey"],
    ["mac_only.yaml", "fleet.agekey"],
  ] as const
) {
  Deno.test(`decryptFile() reads what sops wrote: ${file}`, async () => {
    const parsed = await decrypt(file, { key });
    assert.deepEqual(messages(parsed), []);
    assert.deepEqual(values(parsed), PLAIN);
    const [secret, network] = parsed.documents;
    assert.ok(secret!.encrypted && network!.encrypted);
    assert.ok(secret!.sensitive!.covers(["stringData", "password"]));
    assert.ok(!secret!.sensitive!.covers(["metadata", "name"]));
    const line = secret!.locate(["stringData", "password"]).line;
    assert.match(fixture(file).split("\n")[line - 1]!, /^ +password: ENC\[/);
  });
}

Deno.test("decryptFile() reads JSON, and the items of a List", async () => {
  const parsed = await decrypt("age.json", { key: "fleet.agekey" });
  assert.deepEqual(messages(parsed), []);
  assert.deepEqual(values(parsed), [{
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "from-json" },
    stringData: { token: "hunter3" },
    immutable: true,
  }]);
  const [secret] = parsed.documents;
  assert.ok(secret!.sensitive!.covers(["stringData", "token"]));
  assert.equal(secret!.sensitive!.redact("found hunter3"), "found (not shown)");
});

Deno.test("decryptFile() says for whom a file is that no key opens", async () => {
  for (const file of ["age.yaml", "pgp.yaml"]) {
    const parsed = await decrypt(file, { key: "other.agekey" });
    assert.deepEqual(parsed.documents, []);
    assert.equal(parsed.problems[0]?.reason, "DecryptionFailed");
    assert.match(
      messages(parsed).join(),
      /^(age|pgp)\.yaml:\d+:1: sops: cannot be decrypted: it is encrypted for (age1\w+|PGP [0-9A-F]{40}), and none of the keys in Secret x\/sops is/,
    );
  }
});

Deno.test("decryptFile() takes nothing of a file that was changed", async () => {
  const text = fixture("age.yaml");
  const password = /password: (ENC\[.*\])/.exec(text)![1]!;
  const privateKey = /privateKey: (ENC\[.*\])/.exec(text)![1]!;
  const changes: Record<string, [string, RegExp]> = {
    "a plain value": [
      text.replace("listenPort: 51820", "listenPort: 22"),
      /sops: found values that were added, removed or changed/,
    ],
    "a plain value in the place of an encrypted one": [
      text.replace(password, "guessed"),
      /sops: found values that were added, removed or changed/,
    ],
    "a value less": [
      text.replace(/^ +password: .*\n/m, ""),
      /sops: found values that were added, removed or changed/,
    ],
    "an object more": [
      `${text}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n`,
      /sops: found values that were added, removed or changed/,
    ],
    "two values in each other's place": [
      text.replace(password, "X").replace(privateKey, password)
        .replace("X", privateKey),
      /:\d+:13: stringData\.password: cannot be decrypted: it was changed, or moved here/,
    ],
    "a value cut short": [
      text.replace(password, password.slice(0, -20)),
      /stringData\.password: cannot be decrypted: it is not written as SOPS/,
    ],
    "no MAC": [
      text.replace(/^ +mac: .*$/mg, "  mac: x"),
      /cannot be decrypted: its sops\.mac does not fit/,
    ],
    "another time": [
      text.replace(/lastmodified: "20/g, 'lastmodified: "19'),
      /cannot be decrypted: its sops\.mac does not fit/,
    ],
    "the MAC of encrypted values alone": [
      text.replaceAll("sops:\n", "sops:\n  mac_only_encrypted: true\n"),
      /sops: found values that were added, removed or changed/,
    ],
    "another key": [
      text.replaceAll(/^ +-----BEGIN[^]*?-----END.*$/mg, "        x"),
      /none of the keys in Secret x\/sops/,
    ],
  };
  for (const [what, [changed, message]] of Object.entries(changes)) {
    assert.notEqual(changed, text, what);
    const parsed = await decrypt("age.yaml", {
      key: "fleet.agekey",
      text: changed,
    });
    assert.deepEqual(parsed.documents, [], what);
    assert.match(messages(parsed).join("\n"), message, what);
    assert.ok(!messages(parsed).join().includes("hunter2"), what);
  }
});

Deno.test("decryptFile() leaves alone what is not encrypted", async () => {
  for (const text of ["sops: {a: b}\nENC[: x", "a: [", "kind: x # ENC[\n"]) {
    assert.equal(
      await decryptFile({ path: "x.yaml", text }, await keysOf("fleet.agekey")),
      undefined,
    );
  }
});

Deno.test("readDecryptionKeys() says what is wrong with a key, and never shows it", async () => {
  const key = fixture("fleet.agekey");
  const read = (files: Record<string, string>) =>
    readDecryptionKeys(files, { from: "Secret x/sops" });
  const failures: [Record<string, string>, RegExp][] = [
    [{}, /found nothing in Secret x\/sops, expected a name that ends in/],
    [{ "key.txt": key }, /found key\.txt in .* \.agekey \(age\) or \.asc/],
    [
      { "a.agekey": key.replace("AGE-SECRET", "AGE-SECRED") },
      /line \d of a\.agekey in .* is no private key of age/,
    ],
    [{ "a.asc": key }, /a\.asc in .* is no PGP private key as gpg/],
    [
      { "a.asc": fixture("locked.asc") },
      /PGP key [0-9A-F]{40} of a\.asc .* is locked by a passphrase/,
    ],
  ];
  for (const [files, message] of failures) {
    await assert.rejects(read(files), (error: Error) => {
      assert.match(error.message, message);
      return !/AGE-SECRE[TD]-KEY-1\w|[A-Za-z0-9+/]{50}/.test(error.message);
    });
  }
});

Deno.test("readDecryptionKeys() keeps the key of a folder to it", async () => {
  const key = fixture("fleet.agekey");
  const ring = await readDecryptionKeys({
    "workspaces.a.agekey": key,
    "workspaces.a.b.agekey": key,
    "root.agekey": key,
    "fleet.agekey": key,
  }, { from: "x" });
  const count = (part: Parameters<typeof ring.keysOf>[0]) =>
    ring.keysOf(part).age.length;
  assert.equal(count({ scope: "workspace", workspace: "a" }), 3);
  assert.equal(count({ scope: "workspace", workspace: "b" }), 1);
  assert.equal(count({ scope: "root" }), 2);
});

Deno.test({
  name:
    "decryptFile() reads what the sops on the PATH writes, whatever the values",
  ignore: !await hasProgram("sops", "--disable-version-check", "--version"),
  async fn() {
    const text = `apiVersion: v1
kind: ConfigMap
metadata: {name: x}
values: [0, -0, -1, 1.0, 1.50, 1e3, 1e21, 1.5e300, 1e-7, 9007199254740991, 0755,
  0o17, 0x1F, 1_000, true, False, yes, null, ~, "", " ", 2001-12-14,
  2001-12-14T21:59:43.10-05:00, .5, "ENC", 'it''s', "ü\\n\\t\\0", 12345678901.25]
multi: |+
  a

plain: &a {b: c}
`;
    const recipient = /age1\w+/.exec(fixture("fleet.agekey"))![0];
    for (const args of [[], ["--encrypted-regex", "^never$"]]) {
      const child = new Deno.Command("sops", {
        args: ["--disable-version-check", "encrypt", "--age", recipient]
          .concat(args, "--input-type", "yaml", "--output-type", "yaml")
          .concat("/dev/stdin"),
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
      const { stdout } = await child.output();
      const parsed = await decrypt("x.yaml", {
        key: "fleet.agekey",
        text: new TextDecoder().decode(stdout),
      });
      assert.deepEqual(messages(parsed), []);
      assert.equal((values(parsed)[0] as { multi: string }).multi, "a\n\n");
    }
  },
});
