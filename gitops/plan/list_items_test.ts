import assert from "node:assert/strict";
import { seededRandom } from "../../tests/random.ts";
import { ListItems } from "./list_items.ts";

Deno.test("ListItems finds an item by its fields, of which those with a default may be left out", () => {
  const items = new ListItems([
    { port: 80, name: "web" },
    { port: 53, protocol: "UDP", name: "dns" },
    { name: "none" },
    { port: 53, name: "dns-tcp" },
  ]);
  const named = (fields: Record<string, unknown>) =>
    (items.withFields(fields) as { name: string } | undefined)?.name;
  assert.equal(named({ port: 80, protocol: "TCP" }), "web");
  assert.equal(named({ port: 53, protocol: "UDP" }), "dns");
  assert.equal(named({ port: 53, protocol: "TCP" }), "dns-tcp");
  assert.equal(named({ port: 443, protocol: "TCP" }), undefined);
});

Deno.test("ListItems finds the same as a look at the whole list", () => {
  const random = seededRandom(20_261_128);
  const values = ["a", "b", 1, undefined];
  for (let round = 0; round < 500; round++) {
    const list = Array.from({ length: random.int(8) }, () => {
      const item = { x: random.pick(values), y: random.pick(values) };
      return random.int(9) ? item : random.pick([null, "a", 1]);
    });
    const items = new ListItems(list);
    const fields = { x: random.pick(["a", 1]), y: random.pick(["b", 1]) };
    const entries = Object.entries(fields);
    const of = (item: unknown, field: string) =>
      (item as Record<string, unknown> | null)?.[field];
    assert.equal(
      items.withFields(fields),
      list.find((item) =>
        entries.every(([k, v]) =>
          of(item, k) === undefined || of(item, k) === v
        ) && entries.some(([k, v]) => of(item, k) === v)
      ),
    );
    const json = JSON.stringify(random.pick<unknown>(["a", 1, { x: "a" }]));
    assert.equal(
      items.withValue(json),
      list.find((item) => JSON.stringify(item) === json),
    );
  }
});
