import assert from "node:assert/strict";
import { Agent } from "../agent.ts";
import { kinds } from "../kinds.ts";
import { apiResourceSchema } from "./api_resource_schema.ts";

Deno.test("a kind has one schema, and another one as soon as it changes", async () => {
  const schema = await apiResourceSchema(Agent);
  assert.match(
    schema.metadata.name,
    /^s[0-9a-f]{12}\.agents\.edge\.faros\.sh$/,
  );
  assert.deepEqual(await apiResourceSchema(Agent), schema);
  const changed = await apiResourceSchema({ ...Agent, description: "Other" });
  assert.notEqual(changed.metadata.name, schema.metadata.name);
});

Deno.test("a schema says what the CustomResourceDefinition says", async () => {
  for (const kind of kinds) {
    const { spec } = await apiResourceSchema(kind);
    assert.equal(spec.scope, kind.namespaced ? "Namespaced" : "Cluster");
    const [version] = spec.versions as unknown as [
      { name: string; schema: { properties: object }; subresources?: object },
    ];
    assert.equal(version.name, kind.version);
    assert.ok("spec" in version.schema.properties, kind.kind);
    assert.equal(version.subresources !== undefined, kind.status !== undefined);
  }
});
