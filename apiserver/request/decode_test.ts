import assert from "node:assert/strict";
import { StatusError } from "../errors.ts";
import { decodeBody } from "./decode.ts";

function decode(text: string, contentType = "application/json") {
  return decodeBody(new TextEncoder().encode(text), contentType);
}

async function refused(
  text: string,
  contentType?: string,
): Promise<string> {
  try {
    await decode(text, contentType);
  } catch (error) {
    assert.ok(error instanceof StatusError && error.code === 400, `${error}`);
    return error.message;
  }
  assert.fail(`${text.slice(0, 80)} was taken`);
}

Deno.test("JSON is decoded and keys that stand twice are named", async () => {
  assert.deepEqual(
    await decode(
      '{"spec":{"a":1,"b":{"c":"x:\\"y\\":"},"a":2},"l":[{"k":1},{"k":1,"k":2}]}',
    ),
    {
      value: { spec: { a: 2, b: { c: 'x:"y":' } }, l: [{ k: 1 }, { k: 2 }] },
      duplicates: ['duplicate field "spec.a"', 'duplicate field "l[1].k"'],
    },
  );
  assert.deepEqual((await decode('{"a":"\\\\","b":":"}')).duplicates, []);
});

Deno.test("YAML is decoded where the content type says so, and JSON as well", async () => {
  const type = "application/apply-patch+yaml";
  assert.deepEqual(await decode("a: {b: [1, two]}\nc: |\n  x: y\n", type), {
    value: { a: { b: [1, "two"] }, c: "x: y\n" },
    duplicates: [],
  });
  assert.deepEqual((await decode('{"a":1}', type)).value, { a: 1 });
  assert.deepEqual((await decode("{a: 1}", type)).value, { a: 1 });
  assert.deepEqual(await decode("spec:\n  a: 1\n  a: 2\n", type), {
    value: { spec: { a: 2 } },
    duplicates: [
      'yaml: unmarshal errors:\n  line 3: key "a" already set in map',
    ],
  });
  assert.deepEqual((await decode('{"a":1,"a":2}', type)).duplicates, [
    'yaml: unmarshal errors:\n  line 1: key "a" already set in map',
  ]);
});

Deno.test("what cannot be decoded is refused with 400", async () => {
  assert.match(await refused("{"), /invalid JSON patch/);
  await assert.rejects(
    async () =>
      await decodeBody(new TextEncoder().encode("{"), "application/json", {
        kind: "Widget",
      }),
    /must be of type Widget.*json parse error: unexpected end of JSON input/,
  );
  assert.match(await refused('"text"'), /must be an object/);
  assert.match(await refused("null"), /must be an object/);
  assert.match(await refused("a: [", "application/yaml"), /YAML/);
  assert.match(await refused("a: 1\n---\nb: 2\n", "application/yaml"), /YAML/);
  assert.match(await refused('{"__proto__":{}}'), /__proto__/);
  assert.match(await refused('{"a":{"\\u005f_proto__":1}}'), /__proto__/);
  await assert.rejects(
    async () =>
      await decodeBody(new Uint8Array([0x7b, 0xff, 0x7d]), "application/json"),
    /not valid UTF-8/,
  );
});

Deno.test("bodies that would blow up are refused", async () => {
  assert.match(
    await refused('{"a":'.repeat(5000) + "1" + "}".repeat(5000)),
    /nested/,
  );
  assert.match(
    await refused("[".repeat(2000) + "]".repeat(2000), "application/yaml"),
    /nested/,
  );
  const laughs = ["a0: &a0 [x]"];
  for (let i = 1; i < 12; i++) {
    laughs.push(`a${i}: &a${i} [${Array(9).fill(`*a${i - 1}`).join(", ")}]`);
  }
  assert.match(await refused(laughs.join("\n"), "application/yaml"), /alias/i);
});
