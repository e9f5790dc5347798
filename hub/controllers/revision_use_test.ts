import assert from "node:assert/strict";
import { RevisionUse } from "./revision_use.ts";

Deno.test("an Agent uses one Revision at a time, of its own namespace", () => {
  const use = new RevisionUse();
  const agent = { namespace: "a", name: "press-1" };
  const other = { namespace: "a", name: "press-2" };
  use.use(agent, "r-1");
  use.use(other, "r-1");
  use.use({ namespace: "b", name: "press-1" }, "r-1");
  assert.deepEqual(use.agents("a", "r-1"), [agent, other]);
  use.use(agent, "r-2");
  use.use(agent, "r-2");
  assert.deepEqual(use.agents("a", "r-1"), [other]);
  assert.deepEqual(use.agents("a", "r-2"), [agent]);
  assert.equal(use.isUsed("a", "r-2"), true);
  use.release(agent);
  use.release(agent);
  assert.equal(use.isUsed("a", "r-2"), false);
  assert.deepEqual(use.agents("a", "r-2"), []);
});
