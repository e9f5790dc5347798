import assert from "node:assert/strict";
import {
  formatMicroTime,
  getCondition,
  isTrue,
  markReady,
  markReconciling,
  markStalled,
  setCondition,
} from "./conditions.ts";

const T0 = Date.UTC(2026, 0, 1, 12, 0, 0, 345);
const T1 = T0 + 60_000;

Deno.test("setCondition moves lastTransitionTime only when the status changes", () => {
  const ready = { type: "Ready", reason: "Done", message: "fine" };
  const first = setCondition(undefined, { ...ready, status: "True" }, T0);
  assert.equal(first[0]!.lastTransitionTime, "2026-01-01T12:00:00Z");
  const again = setCondition(
    first,
    { ...ready, status: "True", message: "finer", observedGeneration: 2 },
    T1,
  );
  assert.deepEqual(again, [{
    type: "Ready",
    status: "True",
    reason: "Done",
    message: "finer",
    observedGeneration: 2,
    lastTransitionTime: "2026-01-01T12:00:00Z",
  }]);
  const failed = setCondition(again, { ...ready, status: "False" }, T1);
  assert.equal(failed[0]!.lastTransitionTime, "2026-01-01T12:01:00Z");
  assert.equal(first[0]!.message, "fine", "the input stays as it was");
});

Deno.test("Reconciling and Stalled stand only while they are True", () => {
  const mark = { reason: "R", message: "m", observedGeneration: 3 };
  const online = setCondition(
    [],
    { type: "Online", status: "True", reason: "R", message: "m" },
    T0,
  );
  const types = (list: { type: string; status: string }[]) =>
    list.map((c) => `${c.type}=${c.status}`).sort();
  const going = markReconciling(online, mark, T0);
  assert.deepEqual(types(going), [
    "Online=True",
    "Ready=False",
    "Reconciling=True",
  ]);
  const stuck = markStalled(going, mark, T0);
  assert.deepEqual(types(stuck), [
    "Online=True",
    "Ready=False",
    "Stalled=True",
  ]);
  const unknown = markReconciling(stuck, { ...mark, ready: "Unknown" }, T0);
  assert.deepEqual(types(unknown), [
    "Online=True",
    "Ready=Unknown",
    "Reconciling=True",
  ]);
  const ready = markReady(unknown, mark, T1);
  assert.deepEqual(types(ready), ["Online=True", "Ready=True"]);
  assert(isTrue(ready, "Ready"));
  assert.equal(getCondition(ready, "Ready")!.observedGeneration, 3);
});

Deno.test("formatMicroTime has the six decimals that Kubernetes insists on", () => {
  assert.equal(formatMicroTime(T0), "2026-01-01T12:00:00.345000Z");
});
