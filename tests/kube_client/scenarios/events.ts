import assert from "node:assert/strict";
import { createEventRecorder } from "../../../kube/events.ts";
import { configMap, core, MAPS } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

const EVENTS = core("events", "Event");

export const events: Scenario = {
  name: "counts repeats of an Event, as kubectl describe shows",
  async run(client) {
    const about = await client.create(MAPS, configMap("told"));
    const recorder = createEventRecorder(client, { component: "test" });
    for (let i = 0; i < 3; i++) {
      recorder.event(about, { reason: "Told", message: "again" });
    }
    recorder.event(about, {
      type: "Warning",
      reason: "Failed",
      message: "something else",
    });
    await recorder.flush();
    const { items } = await client.list(EVENTS, {
      namespace: "default",
      fieldSelector: `involvedObject.uid=${about.metadata.uid}`,
    });
    const shown = items.map((item) => {
      const { type, reason, message, count, source } =
        item as unknown as Record<
          string,
          unknown
        >;
      return { type, reason, message, count, source };
    }).sort((a, b) => String(a.type).localeCompare(String(b.type)));
    const source = { component: "test" };
    assert.deepEqual(shown, [
      { type: "Normal", reason: "Told", message: "again", count: 3, source },
      {
        type: "Warning",
        reason: "Failed",
        message: "something else",
        count: 1,
        source,
      },
    ]);
  },
};
