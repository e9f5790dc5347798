import assert from "node:assert/strict";
import { compareSchemas } from "./compare_schemas.ts";

const schema = (properties: object, required: string[] = []) => ({
  type: "object",
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: { type: "object", properties, required },
  },
});
const object = {
  apiVersion: "v1",
  kind: "K",
  metadata: { name: "o" },
  spec: { size: 3, wrong: true },
};
const from = schema({ size: { type: "integer" }, wrong: { type: "string" } });

Deno.test("what another schema would lose of an object, or refuse, is told", () => {
  const problems = (properties: object, required?: string[]) =>
    compareSchemas(from, schema(properties, required))(object).join("; ");
  const wrong = { wrong: { type: "string" } };
  assert.equal(problems({ size: { type: "integer" }, ...wrong }), "");
  assert.equal(
    problems({ size: { type: "integer" }, more: { type: "string" }, ...wrong }),
    "",
  );
  assert.equal(problems(wrong), "spec.size would be lost");
  assert.match(
    problems({ size: { type: "string" }, ...wrong }),
    /^spec\.size: .*string/,
  );
  assert.match(
    problems(
      { size: { type: "integer" }, more: { type: "string" }, ...wrong },
      [
        "more",
      ],
    ),
    /^spec\.more: Required value/,
  );
  assert.match(
    problems({ size: { type: "integer", maximum: 2 }, ...wrong }),
    /^spec\.size: .*2/,
  );
});

Deno.test("a required field with a default is no obstacle", () => {
  const to = schema({
    size: { type: "integer" },
    wrong: { type: "string" },
    more: { type: "string", default: "x" },
  }, ["more"]);
  assert.deepEqual(compareSchemas(from, to)(object), []);
});
