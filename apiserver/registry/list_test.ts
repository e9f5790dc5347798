import assert from "node:assert/strict";
import {
  type Answer,
  configMap,
  refused,
  widget,
  withServer,
  withWidgets,
} from "../test_client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";

Deno.test("list: chunks are one consistent list, whatever happens between them", async () => {
  await withServer(async (api) => {
    for (const name of ["c", "a", "e", "b", "d"]) {
      await api.post(MAPS, configMap(name, {}, { labels: { l: "1" } }));
    }
    const query = `${MAPS}?limit=2&labelSelector=l=1`;
    const names = (answer: Answer) =>
      answer.body.items.map((i: { metadata: { name: string } }) =>
        i.metadata.name
      );
    const first = await api.get(query);
    assert.deepEqual(names(first), ["a", "b"]);
    await api.delete(`${MAPS}/c`);
    await api.post(MAPS, configMap("cc", {}, { labels: { l: "1" } }));
    const second = await api.get(
      `${query}&continue=${first.body.metadata.continue}`,
    );
    assert.deepEqual(names(second), ["c", "d"]);
    const third = await api.get(
      `${query}&continue=${second.body.metadata.continue}`,
    );
    assert.deepEqual(names(third), ["e"]);
    assert.equal(third.body.metadata.continue, undefined);
    assert.equal(
      third.body.metadata.resourceVersion,
      first.body.metadata.resourceVersion,
    );
  });
});

Deno.test("list: where any state will do, all is answered whatever the limit, but for Events", async () => {
  await withServer(async (api) => {
    for (const name of ["a", "b", "c"]) {
      await api.post(MAPS, configMap(name, {}, { labels: { l: "1" } }));
      await api.post("/api/v1/namespaces/default/events", {
        metadata: { name, labels: { l: "1" } },
        involvedObject: { namespace: "default" },
      });
    }
    const any = "limit=2&labelSelector=l=1&resourceVersion=0";
    for (
      const [path, count] of [
        [`${MAPS}?${any}`, 3],
        [`${MAPS}?${any}&resourceVersionMatch=NotOlderThan`, 3],
        [`${MAPS}?limit=2&labelSelector=l=1`, 2],
        [`/api/v1/namespaces/default/events?${any}`, 2],
        [`/apis/events.k8s.io/v1/namespaces/default/events?${any}`, 2],
      ] as const
    ) {
      const { code, body } = await api.get(path);
      assert.equal(code, 200, path);
      assert.equal(body.items.length, count, path);
      assert.equal(body.metadata.continue !== undefined, count === 2, path);
    }
    // What is left of a list, too.
    const { body: { metadata } } = await api.get(
      `${MAPS}?limit=1&labelSelector=l=1`,
    );
    const next = await api.get(
      `${MAPS}?limit=1&labelSelector=l=1&resourceVersion=0&continue=${metadata.continue}`,
    );
    assert.equal(next.body.items.length, 2);
  });
});

Deno.test("list: a continue token outlives its history, inconsistently and by consent", async () => {
  await withServer(async (api) => {
    const query = "/api/v1/namespaces?limit=2";
    const first = await api.get(query);
    for (let i = 0; i < 40; i++) await api.post(MAPS, configMap(`m${i}`));
    const expired = await api.get(
      `${query}&continue=${first.body.metadata.continue}`,
    );
    refused(expired, 410, /continue parameter is too old/);
    const rest = await api.get(
      `${query}&continue=${expired.body.metadata.continue}`,
    );
    assert.equal(rest.code, 200);
    assert.equal(rest.body.items.length, 2);
  }, { history: 5 });
});

Deno.test("list: fields and labels select, and unknown fields are refused", async () => {
  await withWidgets(async (api) => {
    await api.post(WIDGETS, widget("a", { color: "red" }));
    await api.post(WIDGETS, widget("b", { color: "blue" }));
    const { body } = await api.get(
      `${WIDGETS}?fieldSelector=spec.color=blue`,
    );
    assert.equal(body.items.length, 1);
    assert.equal(body.kind, "WidgetList");
    refused(
      await api.get(`${WIDGETS}?fieldSelector=spec.size=1`),
      400,
      /field label not supported: spec.size/,
    );
    refused(
      await api.get(`${MAPS}?labelSelector=a=b=c`),
      400,
      /found '=', expected: ',' or 'end of string'/,
    );
  });
});
