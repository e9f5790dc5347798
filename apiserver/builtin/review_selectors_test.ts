import assert from "node:assert/strict";
import { withServer } from "../test_client.ts";
import type { JsonObject } from "../types.ts";

Deno.test("selectors of access reviews are checked, and told of where they were not understood", async () => {
  await withServer(async (api) => {
    const group = "/apis/authorization.k8s.io/v1";
    const paths = [
      "subjectaccessreviews",
      "selfsubjectaccessreviews",
      "namespaces/default/localsubjectaccessreviews",
    ];
    const at = "spec.resourceAttributes";
    const one = { key: "a", operator: "In", values: ["b"] };
    const selects = (requirement: JsonObject) => ({
      requirements: [requirement],
    });
    const refusals: [JsonObject, string][] = [
      [
        { fieldSelector: {} },
        `${at}.fieldSelector.requirements: Required value: when ${at}.fieldSelector is specified, requirements or rawSelector is required`,
      ],
      [
        { labelSelector: { rawSelector: "a=b", ...selects(one) } },
        `${at}.labelSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements`,
      ],
      [
        { fieldSelector: selects({ ...one, key: "" }) },
        `${at}.fieldSelector.requirements[0].key: Required value: must be specified`,
      ],
      [
        { fieldSelector: selects({ ...one, values: [] }) },
        `${at}.fieldSelector.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
      ],
      [
        { labelSelector: selects({ ...one, operator: "Exists" }) },
        `${at}.labelSelector.requirements[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
      ],
      [
        { labelSelector: selects({ ...one, key: "a b" }) },
        `${at}.labelSelector.requirements[0].key: Invalid value: "a b": name part must consist of alphanumeric characters`,
      ],
    ];
    const ignored: [JsonObject, string | undefined][] = [
      [{ fieldSelector: selects(one), labelSelector: null }, undefined],
      [{ labelSelector: { rawSelector: "a in (b), !c" } }, undefined],
      [
        { labelSelector: selects({ ...one, operator: "Like" }) },
        `${at}.labelSelector ignored due to parse error`,
      ],
      [
        {
          fieldSelector: {
            requirements: [one, { key: "c", operator: "Exists" }],
          },
          labelSelector: { rawSelector: "a in (" },
        },
        `${at}.fieldSelector partially ignored due to parse error; ${at}.labelSelector ignored due to parse error`,
      ],
    ];
    for (const path of paths) {
      const review = (selectors: JsonObject) =>
        api.post(`${group}/${path}`, {
          spec: {
            user: "u",
            resourceAttributes: {
              verb: "list",
              resource: "secrets",
              namespace: "default",
              ...selectors,
            },
          },
        });
      for (const [selectors, message] of refusals) {
        const { code, body } = await review(selectors);
        assert.equal(code, 422, body.message);
        assert.ok(body.message.includes(message), body.message);
      }
      for (const [selectors, why] of ignored) {
        const { code, body } = await review(selectors);
        assert.equal(code, 201, body.message);
        assert.equal(body.status.evaluationError, why);
      }
    }
  });
});
