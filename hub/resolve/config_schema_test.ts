import assert from "node:assert/strict";
import {
  compileSchema,
  configField,
  configProblems,
  fieldPath,
} from "./config_schema.ts";
import { Problem } from "./problem.ts";

const schema = {
  type: "object",
  properties: {
    privateKey: {
      type: "string",
      pattern: "^[A-Za-z0-9]{4}$",
      writeOnly: true,
    },
    listenPort: { type: "integer", maximum: 65535 },
    mode: { enum: ["host", "relay"] },
    peers: {
      type: "array",
      items: {
        type: "object",
        properties: {
          publicKey: { type: "string" },
          allowedIPs: {
            anyOf: [{ type: "string" }, {
              type: "array",
              items: { type: "string" },
            }],
          },
        },
        required: ["publicKey"],
        additionalProperties: false,
      },
    },
  },
  required: ["listenPort"],
  additionalProperties: false,
};
const problems = (value: unknown) =>
  configProblems(value, compileSchema(schema, "a test"));

Deno.test("configProblems() names each field that is wrong, and what is wrong with it", () => {
  assert.deepEqual(problems({ listenPort: 1, peers: [] }), []);
  assert.deepEqual(problems({}), ["config.listenPort is required"]);
  assert.deepEqual(problems({ listenPort: 1, listenport: 2 }), [
    "config.listenport is not a field; did you mean listenPort?",
  ]);
  assert.deepEqual(problems({ listenPort: 1, mode: "x" }), [
    'config.mode must be one of "host", "relay"',
  ]);
  assert.deepEqual(
    problems({ listenPort: 70000, peers: [{ allowedIPs: 3, publikKey: "" }] }),
    [
      "config.listenPort must be <= 65535",
      "config.peers[0].publicKey is required",
      "config.peers[0].publikKey is not a field; did you mean publicKey?",
      "config.peers[0].allowedIPs must be string or must be array",
    ],
  );
});

Deno.test("configProblems() comes back from a list that is wrong in each of its items", () => {
  // Comparing each with each would take minutes.
  const length = 100_000;
  const peers = Array.from({ length }, () => ({ allowedIPs: 3, psk: 1 }));
  const told = configProblems(
    { listenPort: 1, peers },
    compileSchema(schema, "a test"),
    { unread: peers.map((_, i) => `/peers/${i}/allowedIPs`) },
  );
  assert.deepEqual(told.slice(0, 2), [
    "config.peers[0].publicKey is required",
    "config.peers[0].psk is not a field; there are publicKey, allowedIPs",
  ]);
  assert.equal(told.at(-1), `and ${2 * length - 5} more`);
  const many = problems({ listenPort: 1, peers: peers.slice(0, 20_000) });
  assert.equal(many.at(-1), `and ${3 * 20_000 - 5} more`);
});

Deno.test("configProblems() tells nothing of a secret's value", () => {
  const [only] = problems({ listenPort: 1, privateKey: "s3cret!" });
  assert.match(only!, /^config\.privateKey must match pattern/);
  assert.ok(!only!.includes("s3cret"));
});

Deno.test("compileSchema() says whose schema is none", () => {
  assert.throws(
    () => compileSchema({ type: "strin" }, "Plugin x 1.0.0"),
    (error) =>
      error instanceof Problem && error.reason === "InvalidConfigSchema" &&
      error.message.includes("Plugin x 1.0.0"),
  );
});

Deno.test("configField() names what a JSON Pointer leads to", () => {
  const field = (pointer: string) => configField(fieldPath(pointer));
  assert.equal(field("/peers/0/psk"), "config.peers[0].psk");
  assert.equal(field("/a~1b/c~0d"), "config.a/b.c~d");
  assert.equal(field(""), "config");
});
