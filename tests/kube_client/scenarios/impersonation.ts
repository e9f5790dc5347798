import assert from "node:assert/strict";
import { MAPS } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

export const impersonation: Scenario = {
  name: "acts as somebody else, who may less",
  async run(client) {
    const jane = client.withImpersonation({
      user: "jane",
      groups: ["readers", "others"],
    });
    await assert.rejects(jane.list(MAPS, { namespace: "default" }), {
      code: 403,
      message: /User "jane" cannot list/,
    });
    const question = { verb: "list", resource: "configmaps" };
    assert.equal((await jane.accessReview(question)).allowed, false);
    assert.equal((await client.accessReview(question)).allowed, true);
    const asked = await client.accessReview({
      ...question,
      user: "x",
      groups: ["system:masters"],
    });
    assert.equal(asked.allowed, true, "asked about another");
    const metrics = { verb: "get", nonResourcePath: "/metrics", user: "x" };
    assert.equal((await client.accessReview(metrics)).allowed, false);
  },
};
