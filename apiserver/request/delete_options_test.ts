import assert from "node:assert/strict";
import { deleteOptions } from "./delete_options.ts";

Deno.test("deleteOptions: a body is all there is, and the query counts where there is none", () => {
  const query = new URLSearchParams("propagationPolicy=Orphan&dryRun=All");
  const { propagationPolicy, dryRun } = deleteOptions(query, undefined);
  assert.deepEqual([propagationPolicy, dryRun], ["Orphan", true]);
  const body = deleteOptions(query, { gracePeriodSeconds: 0 });
  assert.deepEqual([body.propagationPolicy, body.dryRun], [undefined, false]);
});
