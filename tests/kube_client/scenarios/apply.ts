import assert from "node:assert/strict";
import { type ConfigMap, configMap, MAPS } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

export const apply: Scenario = {
  name: "applies on the server, with owners and conflicts",
  async run(client) {
    const fieldManager = "a";
    const made = await client.apply(
      MAPS,
      configMap("ssa", { k: "1", l: "1" }),
      {
        fieldManager,
      },
    );
    // What was read can be applied; what is left out goes.
    await client.apply(MAPS, { ...made, data: { k: "2" } }, { fieldManager });
    const got = await client.get<ConfigMap>(MAPS, "ssa");
    assert.deepEqual(got.data, { k: "2" });
    const other = configMap("ssa", { k: "3" });
    await assert.rejects(client.apply(MAPS, other, { fieldManager: "b" }), {
      reason: "Conflict",
      details: {
        causes: [{
          reason: "FieldManagerConflict",
          message: 'conflict with "a"',
          field: ".data.k",
        }],
      },
    });
    await client.apply(MAPS, other, { fieldManager: "b", force: true });
    await assert.rejects(
      client.apply(MAPS, { ...other, dada: {} } as ConfigMap, {
        fieldManager: "b",
        fieldValidation: "Strict",
      }),
      { message: /unknown field|field not declared in schema/ },
    );
    await client.delete(MAPS, "ssa");
    await assert.rejects(
      client.apply(MAPS, { ...got, data: {} }, { fieldManager }),
      { code: 409 },
      "another object of that name is not what was read",
    );
  },
};
