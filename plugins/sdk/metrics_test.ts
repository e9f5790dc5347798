import assert from "node:assert/strict";
import { createMetrics } from "./metrics.ts";

Deno.test("render() writes Prometheus text, with labels escaped", () => {
  const metrics = createMetrics();
  const hits = metrics.counter("hits_total", "How many\nhits");
  hits.add();
  hits.add(2);
  metrics.gauge("size", "Size").set(1.5, { path: 'a"b\\c\n' });
  metrics.gauge("none", "Without a sample");
  assert.equal(
    metrics.render(),
    "# HELP hits_total How many\\nhits\n# TYPE hits_total counter\nhits_total 3\n" +
      '# HELP size Size\n# TYPE size gauge\nsize{path="a\\"b\\\\c\\n"} 1.5\n',
  );
});
