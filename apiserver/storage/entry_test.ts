import assert from "node:assert/strict";
import { Entry } from "./entry.ts";

function entry(name: string): Entry {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      uid: name,
      resourceVersion: "7",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { a: name },
    },
  };
  return Entry.of(object, JSON.stringify(object));
}

Deno.test("an entry gives its object whether or not it is kept parsed", () => {
  const used = entry("used");
  const unused = entry("unused");
  const [first, other] = [used.object, unused.object];
  assert.ok(used.holds(first));
  for (let i = 0; i < 9000; i++) {
    entry(`other-${i}`);
    used.object;
  }
  assert.ok(used.holds(first), "what is asked for again and again stays");
  assert.ok(!unused.holds(other), "the number of parsed objects is bounded");
  assert.deepEqual(unused.object, other);
  assert.deepEqual(unused.labels, { a: "unused" });
});

Deno.test("a new object is at hand for a little while", () => {
  const object = entry("new").object;
  const made = Entry.of(object, JSON.stringify(object), { isNew: true });
  assert.ok(made.holds(object));
  for (let i = 0; i < 100; i++) {
    Entry.of(object, JSON.stringify(object), { isNew: true });
  }
  assert.ok(!made.holds(object));
  assert.deepEqual(made.object, object);
  assert.ok(made.holds(made.object), "asked for again, it is kept as any");
});

Deno.test("of large objects fewer are kept parsed, and none that is larger than all may be", () => {
  const large = (name: string, size: number) => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, resourceVersion: "1", uid: "u", creationTimestamp: "" },
      data: { text: "x".repeat(size) },
    };
    return Entry.of(object, JSON.stringify(object));
  };
  const entries = Array.from({ length: 20 }, (_, i) => large(`e${i}`, 1e6));
  const isKept = (of: Entry) => of.holds(of.object);
  const parsed = entries.filter((of) => of.holds(of.peek()));
  assert.ok(parsed.length >= 5 && parsed.length <= 8, `${parsed.length}`);
  assert.ok(isKept(entries[0]!));
  assert.ok(!isKept(large("huge", 9e6)));
  assert.ok(isKept(entry("small")));
});

Deno.test("an entry that is only looked at is not kept", () => {
  const { namespace, name, resourceVersion, bytes } = entry("a");
  const loaded = new Entry(namespace, name, resourceVersion, bytes);
  const seen = loaded.peek();
  assert.equal(seen.metadata.name, "a");
  assert.ok(!loaded.holds(seen));
  assert.equal(loaded.mentions(["x", "labels"]), true);
  assert.equal(loaded.mentions(["ownerReferences"]), false);
});
