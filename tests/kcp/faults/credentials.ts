import assert from "node:assert/strict";
import type { Fault } from "./environment.ts";

/** Time for a hub to start, or to change over and do something, in milliseconds. */
const ENOUGH = 45_000;

export const credentials: Fault = {
  name:
    "the hub's certificate ends: it goes on with the one that was put in its place, or says so until there is one",
  async run(environment) {
    const { kcp } = environment;
    await kcp.stopHub();
    const firstEnds = await kcp.certificate.replace(ENOUGH);
    await kcp.startHub();
    const { hub } = kcp;
    // In time: nobody notices.
    const secondEnds = await kcp.certificate.replace(
      firstEnds - Date.now() + ENOUGH,
    );
    await environment.until(
      "the first had ended",
      () => Date.now() > firstEnds,
    );
    await environment.untilAccepted("site-a", "by-the-second");

    await environment.until(
      "the second had ended",
      () => Date.now() > secondEnds,
    );
    const { text } = await environment.until("the hub said so", async () => {
      const answer = await kcp.readyz();
      return answer.status === 503 && answer;
    });
    assert.match(
      text,
      /engine failed: .*does not accept the hub's credentials/,
    );
    const commit = await environment.change("site-a", "site-b");

    await kcp.certificate.replace();
    await environment.until("the hub was ready", async () => {
      const answer = await kcp.readyz();
      return answer.status === 200;
    });
    await environment.untilApplied(commit);
    await environment.untilAssigned(
      "site-a",
      ["press-1", "press-2"],
      ({ status }) => status?.assignment?.commit === commit,
    );
    // The same process all the while.
    assert.equal(kcp.hub, hub);
  },
};
