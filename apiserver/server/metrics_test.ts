import assert from "node:assert/strict";
import { Metrics } from "./metrics.ts";

Deno.test("requests are counted by verb, resource and answer, their seconds by verb and resource", () => {
  const metrics = new Metrics();
  const get = { verb: "get", group: "", resource: "configmaps" };
  metrics.observe({ ...get, code: 200, seconds: 0.25 });
  metrics.observe({ ...get, code: 404, seconds: 0.5 });
  metrics.observe({ ...get, code: 200, seconds: 0.25 });
  metrics.observe({
    verb: "list",
    group: "apps",
    resource: 'a"b',
    code: 200,
    seconds: 1,
  });
  const lines = metrics.text({ apiserver_watchers: 3 }).split("\n");
  const labels = 'verb="GET",group="",resource="configmaps"';
  const listed = 'verb="LIST",group="apps",resource="a_b"';
  assert.deepEqual(lines.filter((line) => line && !line.startsWith("#")), [
    `apiserver_request_total{code="200",${labels}} 2`,
    `apiserver_request_total{code="404",${labels}} 1`,
    `apiserver_request_total{code="200",${listed}} 1`,
    `apiserver_request_duration_seconds_sum{${labels}} 1.000000`,
    `apiserver_request_duration_seconds_sum{${listed}} 1.000000`,
    "apiserver_watchers 3",
  ]);
});
