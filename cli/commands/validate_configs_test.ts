import assert from "node:assert/strict";
import { join } from "node:path";
import { bufferIo } from "../io.ts";
import { main } from "../main.ts";
import { ExampleFleet, SECRET } from "../plan/testing/example_fleet.ts";

const A = "workspaces/factory-a";
const B = "workspaces/factory-b";

/** What `faros validate` says of a fleet: lines without the folder that it is in. */
async function validate(fleet: ExampleFleet, ...options: string[]) {
  const io = bufferIo();
  const code = await main(["validate", fleet.dir, ...options], { io });
  const lines = io.stdout.trim().split("\n")
    .map((line) => line.replace(/^.*?(?=(workspaces|root)\/)/, ""));
  return { code, lines, all: io.stdout + io.stderr };
}

/** The place of a text in a file of a fleet, as `line:column`. */
async function placeOf(fleet: ExampleFleet, file: string, text: string) {
  const content = await Deno.readTextFile(join(fleet.dir, file));
  const offset = content.indexOf(text);
  assert.ok(offset >= 0, `${text} is not in ${file}`);
  const before = content.slice(0, offset).split("\n");
  return `${file}:${before.length}:${before.at(-1)!.length + 1}`;
}

const HOST = "config of Monitoring host for Plugin monitoring-host";
const LINE = "config of Network line for Plugin wireguard 1.2.0";

Deno.test("validate checks configs of plugin objects and of Agents by the schema of the Plugin that serves them", async () => {
  await using fleet = await ExampleFleet.create();
  await fleet.edit(
    `${A}/agents.yaml`,
    (text) =>
      text.replace("interval: 30s", "intervall: 30s")
        .replace("press-3-own-s3cret-key", "s3cret"),
  );
  await fleet.edit(
    `${A}/plugins.yaml`,
    (text) =>
      text.replace("interval: 10s", "interval: 10 parsecs")
        .replace("51820", "518200"),
  );
  await fleet.edit(
    `${B}/plugins.yaml`,
    (text) => text.replace(/\n +privateKey: \{.*/, ""),
  );
  const { code, lines, all } = await validate(fleet);
  assert.equal(code, 1);
  const expected: [string, string, RegExp][] = [
    [
      `${A}/agents.yaml`,
      "intervall: 30s",
      RegExp(
        `^spec\\.plugins\\[0\\]\\.config\\.intervall: is not a field; did you mean interval\\? \\(${HOST}`,
      ),
    ],
    [
      `${A}/agents.yaml`,
      "s3cret",
      /^spec\.plugins\[1\]\.config\.privateKey: must NOT have fewer than 8 char/,
    ],
    [
      `${A}/plugins.yaml`,
      "10 parsecs",
      RegExp(
        `^spec\\.config\\.interval: found "10 parsecs": must match pattern .*\\(${HOST}`,
      ),
    ],
    [
      `${A}/plugins.yaml`,
      "518200",
      RegExp(
        `^spec\\.config\\.listenPort: found the number 518200: must be <= 65535 \\(${LINE}\\)$`,
      ),
    ],
    [
      `${B}/plugins.yaml`,
      "listenPort",
      RegExp(
        `^spec\\.config\\.privateKey: is required \\(${LINE}\\) on mill-1, mill-2, mill-3 and \\d+ more$`,
      ),
    ],
  ];
  assert.equal(lines.length, expected.length, all);
  for (const [i, [file, text, words]] of expected.entries()) {
    const at = `${await placeOf(fleet, file, text)}: `;
    assert.ok(lines[i]!.startsWith(at), `${lines[i]} is not at ${at}`);
    assert.match(lines[i]!.slice(at.length), words);
  }
  assert.doesNotMatch(all, SECRET);

  // What changes is the same to a plan, at the same places.
  const { problems } = await fleet.json("--base", "HEAD");
  const places = problems.filter(({ severity }) => severity === "error")
    .map(({ file, line, column }) => `${file}:${line}:${column}`);
  assert.ok(places.length >= 3);
  for (const place of places) {
    assert.ok(
      lines.some((line) => line.startsWith(`${place}: `)),
      `${place} is of a plan alone`,
    );
  }
  const part = await validate(fleet, "-o", "json");
  assert.equal(JSON.parse(part.all).problems.length, expected.length);
});

/** A workspace that enables wireguard, as it is in the catalogue of the example. */
async function lineFleet(files: Record<string, string>) {
  const fleet = await ExampleFleet.create();
  for (const name of ["agents.yaml", "plugins.yaml"]) {
    await Deno.remove(join(fleet.dir, A, name));
  }
  await fleet.write(
    Object.fromEntries(
      Object.entries(files).map(([name, text]) => [`${A}/${name}`, text]),
    ),
  );
  return fleet;
}

const line = (config: string, name = "line") =>
  `apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: { name: ${name} }
spec:
  type: wireguard
  config: ${config}
---
`;

const agent = (entry: string) =>
  `apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: { name: press-1 }
spec:
  plugins: [${entry}]
---
`;

const template = (entry: string) =>
  `apiVersion: edge.faros.sh/v1alpha1
kind: Registration
metadata: { name: presses }
spec:
  agentTemplate: { plugins: [${entry}] }
---
`;

Deno.test("validate takes for good what only the cluster can know of a config, and nothing else", async () => {
  const key = "privateKey: { secretKeyRef: { name: elsewhere, key: a } }";
  const cases: Record<string, [string, RegExp?]> = {
    "a Secret that is elsewhere": [
      line(`{ ${key} }`) + agent("{ name: line }"),
    ],
    "an object that nobody names yet, of which an Agent may bring the rest": [
      line("{ mtu: 1420 }"),
    ],
    "a template, to which the device's Agent may add": [
      line("{ mtu: 1420 }") + template("{ name: line }"),
    ],
    "a key that each Agent brings": [
      line("{ mtu: 1420 }") + agent(`{ name: line, config: { ${key} } }`),
    ],
    "a version that is in no file": [
      line("{ mtuu: 1 }") + agent("{ name: line, version: 9.9.9 }"),
    ],
    "a type that nothing here serves": [
      line("{ mtuu: 1 }").replace("wireguard", "other"),
    ],
    "variables that nobody gave": [
      line(`{ mtu: "${"$"}{mtu}", ${key} }`) + agent("{ name: line }"),
    ],
    "a field too many in an object that nobody names": [
      line("{ mtuu: 1 }"),
      /:6:13: spec\.config\.mtuu: is not a field; did you mean mtu\?/,
    ],
    "a field too many in a template": [
      line("{ mtu: 1420 }") + template("{ name: line, config: { mtuu: 1 } }"),
      /:12:54: spec\.agentTemplate\.plugins\[0\]\.config\.mtuu: is not a field/,
    ],
    "a field that the only Agent lacks": [
      line("{ mtu: 1420 }") + agent("{ name: line, config: { mtu: 1300 } }"),
      /:12:35: spec\.plugins\[0\]\.config\.privateKey: is required .* on press-1$/,
    ],
    "a secret that is no text": [
      line("{ privateKey: 5 }") + agent("{ name: line, config: { mtu: 1 } }"),
      /:6:25: spec\.config\.privateKey: .*is a secret: it has to be a string, or/,
    ],
    "a config that is YAML in a text": [
      line("'{ mtu: x }'"),
      /:6:11: spec\.config\.mtu: found "x": must be integer/,
    ],
    "a text that is no YAML": [
      line("'{ mtu: '") + agent("{ name: line }"),
      /:6:11: spec\.config: config of Network line is not YAML/,
    ],
  };
  for (const [what, [text, expected]] of Object.entries(cases)) {
    await using fleet = await lineFleet({ "line.yaml": text });
    const { code, lines, all } = await validate(fleet);
    assert.equal(code, expected ? 1 : 0, `${what}: ${all}`);
    assert.match(lines[0]!, expected ?? /no errors$/, what);
    assert.equal(lines.length, 1, `${what}: ${all}`);
  }
});

Deno.test("validate says which Plugin has a configSchema that is none", async () => {
  await using fleet = await ExampleFleet.create();
  const file = "root/catalogue/wireguard.yaml";
  await fleet.edit(file, (text) => text.replace("type: object", "type: objct"));
  const { code, lines } = await validate(fleet);
  assert.equal(code, 1);
  const at = await placeOf(fleet, file, "type: objct");
  assert.equal(lines.length, 1);
  assert.ok(
    lines[0]!.startsWith(
      `${at}: spec.versions[0].configSchema: configSchema of wireguard 1.2.0 is not a JSON Schema`,
    ),
    lines[0],
  );
});
