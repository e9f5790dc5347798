import assert from "node:assert/strict";
import type { Agent } from "../../api/agent.ts";
import type { KubeClient } from "../../kube/client.ts";
import { FakeClock } from "../../kube/clock.ts";
import { silentLogger } from "../../kube/log.ts";
import { StatusReporter } from "./status_reporter.ts";

Deno.test("a clock that is set back does not keep the status from being written", async () => {
  const clock = new FakeClock();
  const { now } = clock;
  let back = 0;
  clock.now = () => now.call(clock) - back;
  let writes = 0;
  const reporter = new StatusReporter({
    client: { apply: () => Promise.resolve({}) } as unknown as KubeClient,
    agent: () => ({ metadata: { name: "press-1" } }) as Agent,
    status: () => ({ counter: ++writes }),
    clock,
    log: silentLogger,
  });
  const controller = new AbortController();
  const done = reporter.run(controller.signal);
  reporter.change({ urgent: true });
  await clock.advance(1000);
  assert.equal(writes, 1);
  // One change waits for its time, and one comes after it.
  reporter.change({ urgent: false });
  await clock.advance(0);
  back = 365 * 24 * 3600_000;
  await clock.advance(40_000);
  assert.equal(writes, 2);
  reporter.change({ urgent: true });
  await clock.advance(1000);
  assert.equal(writes, 3);
  controller.abort();
  await done;
});
