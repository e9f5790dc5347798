import assert from "node:assert/strict";
import { conformanceTable } from "./conformance_table.ts";

Deno.test("the table says of each spec whether it passes", () => {
  const table = conformanceTable(
    [
      "[sig-auth] Things [Privileged] should | may be [Conformance] [Serial]",
      "[sig-api-machinery] Others may be",
      "[sig-cli] New ones are",
    ],
    {
      kubernetes: "v1.37.2",
      specs: {
        "[sig-auth] Things [Privileged] should | may be [Conformance] [Serial]":
          "passed",
        "[sig-api-machinery] Others may be": "failed",
        "[sig-cli] Old ones were": "passed",
      },
    },
  );
  assert.equal(
    table,
    `1 of 3 pass, with the tests of Kubernetes v1.37.2.

| Area          | Spec                    | Conformance | Passes  |
| ------------- | ----------------------- | ----------- | ------- |
| auth          | Things should \\| may be | yes         | yes     |
| api-machinery | Others may be           |             | no      |
| cli           | New ones are            |             | not run |`,
  );
});
