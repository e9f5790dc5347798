import assert from "node:assert/strict";
import { join } from "node:path";
import { ExampleFleet, SECRET } from "../plan/testing/example_fleet.ts";

const FORMS = ["text", "json", "markdown", "junit", "sarif"] as const;

Deno.test("plan shows no secret, whatever a pull request does to get at it", async () => {
  await using fleet = await ExampleFleet.create();
  await fleet.write({
    "workspaces/factory-b/secrets.yaml": `apiVersion: v1
kind: Secret
metadata: { name: line-key }
stringData: { privateKey: porto-line-s3cret-key }
---
apiVersion: v1
kind: Secret
metadata: { name: other }
stringData: { token: "other-s3cret-token", pem: "first s3cret line\\nsecond s3cret line\\n" }
`,
  });
  await fleet.commit("Secrets");
  const hostile: Record<string, (text: string) => string> = {
    // The mark of the secret is taken away.
    "root/catalogue/wireguard.yaml": (text) =>
      text.replaceAll(", writeOnly: true", ""),
    "workspaces/factory-a/plugins.yaml": (text) =>
      text
        // A value in the place of a reference, and of another type.
        .replace(/\{ secretKeyRef: .* \}/, "plain-s3cret-value")
        .replace(
          "kaunas-line-s3cret-key",
          "kaunas-line-s3cret-key\n  worse: { not: a-s3cret-string }",
        )
        // Copied into what is no secret.
        .replace(
          "name: host\n",
          "name: host\n  annotations: { copy: kaunas-line-s3cret-key }\n",
        ),
    "workspaces/factory-a/agents.yaml": (text) =>
      text
        // A config that is no YAML, one of a plugin that nobody knows.
        .replace(
          "      config: { interval: 30s }",
          "      config: |\n        a: *s3cret-alias\n        b: [",
        )
        .replace("  paused: true\n", "")
        .replace(
          "    - name: line\n---",
          "    - name: nobodys\n      config: { key: unknown-s3cret }\n---",
        ),
    "workspaces/factory-b/plugins.yaml": (text) =>
      text.replace("type: wireguard", "type: another")
        .replace(/\{ secretKeyRef: .* \}/, "{ deep: s3cret-in-an-object }"),
    "workspaces/factory-b/secrets.yaml": (text) =>
      text.replace("stringData: { privateKey: ", "data: { privateKey: ")
        .replace('"other-s3cret-token"', "1234567890123456789012345")
        .replace(
          "metadata: { name: other }",
          'metadata: { name: other, annotations: { kubectl.kubernetes.io/last-applied-configuration: \'{"token":"other-s3cret-token"}\' } }',
        ),
  };
  const paths = Object.keys(hostile);
  // One by one, since an error in one hides the others, then all at once.
  const rounds = [...paths.map((path) => [path]), paths];
  for (const round of rounds) {
    await fleet.reset();
    for (const path of round) await fleet.edit(path, hostile[path]!);
    // The other forms are made of the same.
    for (const form of round.length > 1 ? FORMS : ["json"]) {
      const { out, err, code } = await fleet.plan("-o", form);
      assert.notEqual(code, 0);
      assert.doesNotMatch(out + err, SECRET, `${round} as ${form}`);
      assert.doesNotMatch(
        out + err,
        /1234567890123456789012345|1\.2345678901234568e\+24/,
        `${round} as ${form}`,
      );
    }
  }
  // A file that is no YAML in the middle of a Secret.
  await fleet.reset();
  await fleet.edit(
    "workspaces/factory-b/secrets.yaml",
    (text) => text.replace("porto-line", "%@ 's3cret: *s3cret ["),
  );
  for (const form of FORMS) {
    const { out, code } = await fleet.plan("-o", form);
    assert.equal(code, 1);
    assert.doesNotMatch(out, SECRET);
  }
});

Deno.test("plan takes secrets that it cannot read for good", async () => {
  await using fleet = await ExampleFleet.create();
  const sops = (value: string, mac: string) =>
    `apiVersion: v1
kind: Secret
metadata: { name: line-key }
data:
  privateKey: ENC[AES256_GCM,data:${value},iv:AAAA,tag:AAAA,type:str]
sops:
  mac: ENC[AES256_GCM,data:${mac},iv:AAAA,tag:AAAA,type:str]
  version: 3.10.2
`;
  const file = "workspaces/factory-b/line_key.yaml";
  await fleet.write({ [file]: sops("b25l", "b25l") });
  await fleet.commit("An encrypted Secret");
  await fleet.write({ [file]: sops("dHdv", "dHdv") });
  const { problems, objects, devices } = await fleet.json();
  assert.deepEqual(problems, []);
  assert.deepEqual(objects.map(({ kind, name }) => [kind, name]), [
    ["Secret", "line-key"],
  ]);
  assert.deepEqual(
    devices.map(({ agents, plugins }) => [
      agents.length,
      plugins.map(({ object, config }) => [object, config]),
    ]),
    [
      [40, [["Network/line", [{
        field: "config.privateKey",
        before: '"(secret)"',
        after: '"(secret)"',
        secret: true,
      }]]]],
    ],
  );
  // One that goes is missed; one that was never there may be put in by hand.
  await Deno.remove(join(fleet.dir, file));
  const gone = await fleet.json();
  assert.deepEqual(
    gone.problems.map(({ reason, agents }) => [
      reason,
      agents?.length,
    ]),
    [["SecretNotFound", 40]],
  );
  await fleet.reset();
  await fleet.edit(
    "workspaces/factory-a/plugins.yaml",
    (text) => text.replace("name: line-key, key", "name: by-hand, key"),
  );
  const byHand = await fleet.json();
  assert.deepEqual(byHand.problems.map(({ severity }) => severity), [
    "warning",
  ]);
  assert.match(byHand.problems[0]!.message, /Secret by-hand, which is not in/);
});
