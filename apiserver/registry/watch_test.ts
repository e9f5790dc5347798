import assert from "node:assert/strict";
import { configMap, eventually, withServer } from "../test_client.ts";

/** A group in aggregated discovery. */
interface Discovered {
  metadata: { name: string };
  versions: {
    version: string;
    resources: { resource: string; verbs: string[] }[];
  }[];
}

const MAPS = "/api/v1/namespaces/default/configmaps";

Deno.test("watch: without a resourceVersion it starts with what is there, then follows", async () => {
  await withServer(async (api) => {
    await api.post(MAPS, configMap("a", {}, { labels: { t: "1" } }));
    const watch = await api.watch(`${MAPS}?watch=1&labelSelector=t=1`);
    await api.post(MAPS, configMap("b", {}, { labels: { t: "1" } }));
    await api.delete(`${MAPS}/a`);
    assert.deepEqual(await watch.names(3), ["ADDED a", "ADDED b", "DELETED a"]);
    await watch.stop();
  });
});

Deno.test("watch: from a resourceVersion it replays exactly what came after", async () => {
  await withServer(async (api) => {
    const { body: first } = await api.post(MAPS, configMap("a"));
    await api.post(MAPS, configMap("b"));
    await api.patch(`${MAPS}/a`, "merge", { data: { x: "1" } });
    const from = first.metadata.resourceVersion;
    const watch = await api.watch(`${MAPS}?watch=1&resourceVersion=${from}`);
    await api.post(MAPS, configMap("c"));
    assert.deepEqual(await watch.names(3), [
      "ADDED b",
      "MODIFIED a",
      "ADDED c",
    ]);
    await watch.stop();
  });
});

Deno.test("watch: an object that leaves the selection appears as deleted, one that enters as added", async () => {
  await withServer(async (api) => {
    const watch = await api.watch(`${MAPS}?watch=1&labelSelector=on=yes`);
    await api.post(MAPS, configMap("a", { v: "1" }, { labels: { on: "yes" } }));
    const { body: left } = await api.patch(`${MAPS}/a`, "merge", {
      metadata: { labels: { on: "no" } },
      data: { v: "2" },
    });
    await api.patch(`${MAPS}/a`, "merge", { data: { v: "3" } });
    await api.patch(`${MAPS}/a`, "merge", {
      metadata: { labels: { on: "yes" } },
    });
    assert.equal((await watch.next()).type, "ADDED");
    const gone = await watch.next();
    assert.equal(gone.type, "DELETED");
    // The last state that matched, under the version in which it left.
    assert.equal(gone.object.data.v, "1");
    assert.equal(
      gone.object.metadata.resourceVersion,
      left.metadata.resourceVersion,
    );
    const back = await watch.next();
    assert.deepEqual([back.type, back.object.data.v], ["ADDED", "3"]);
    await watch.stop();
  });
});

Deno.test("watch: one name in one namespace sees only that object", async () => {
  await withServer(async (api) => {
    const watch = await api.watch(
      `${MAPS}?watch=1&fieldSelector=metadata.name=b`,
    );
    await api.post(MAPS, configMap("a"));
    await api.post(MAPS, configMap("b"));
    assert.deepEqual(await watch.names(1), ["ADDED b"]);
    await watch.stop();
  });
});

Deno.test("watch: sendInitialEvents ends the initial state with an annotated bookmark", async () => {
  await withServer(async (api) => {
    await api.post(MAPS, configMap("a"));
    const watch = await api.watch(
      `${MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name=a`,
    );
    assert.deepEqual(await watch.names(1), ["ADDED a"]);
    const { type, object } = await watch.next();
    assert.equal(type, "BOOKMARK");
    assert.deepEqual(object.metadata.annotations, {
      "k8s.io/initial-events-end": "true",
    });
    await watch.stop();
  });
});

Deno.test("watch: as a Table only the first event names the columns, whatever it is", async () => {
  await withServer(async (api) => {
    const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
    const { body: a } = await api.post(
      MAPS,
      configMap("a", {}, { labels: { t: "1" } }),
    );
    await api.post(MAPS, configMap("b", {}, { labels: { t: "1" } }));
    await api.post(MAPS, configMap("other"));
    const initial =
      "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const since = `resourceVersion=${a.metadata.resourceVersion}`;
    const watches: [query: string, before: string[]][] = [
      ["labelSelector=t=1", ["ADDED a", "ADDED b"]],
      [`labelSelector=t=1&${initial}`, ["ADDED a", "ADDED b", "BOOKMARK "]],
      [`labelSelector=t=1&${since}`, ["ADDED b"]],
      [`labelSelector=t=2&${initial}`, ["BOOKMARK "]],
      [`labelSelector=t=2&${since}`, []],
      ["labelSelector=t=2", []],
    ];
    const opened = await Promise.all(
      watches.map(([query]) => api.watch(`${MAPS}?watch=1&${query}`, table)),
    );
    // Made before anything of a watch is read.
    await api.post(MAPS, configMap("c", {}, { labels: { t: "1" } }));
    await api.post(MAPS, configMap("d", {}, { labels: { t: "2" } }));
    await api.patch(`${MAPS}/c`, "merge", {
      metadata: { labels: { t: "2" } },
    });
    const after: Record<string, string[]> = {
      "t=1": ["ADDED c", "DELETED c"],
      "t=2": ["ADDED d", "ADDED c"],
    };
    for (const [i, [query, before]] of watches.entries()) {
      const wanted = [...before, ...after[/t=\d/.exec(query)![0]]!];
      const events = [];
      for (const _ of wanted) events.push(await opened[i]!.next());
      assert.deepEqual(
        events.map(({ type, object }) => `${type} ${object.rows[0].cells[0]}`),
        wanted,
        query,
      );
      const [first, ...others] = events.map((e) => e.object.columnDefinitions);
      assert.equal(first[0].name, "Name", query);
      assert.ok(others.every((columns) => columns === null), query);
      await opened[i]!.stop();
    }
  });
});

Deno.test("watch: a bookmark is an object of which only the version is known, in every form", async () => {
  await withServer(async (api) => {
    const { body } = await api.get("/apis", {
      accept:
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    });
    const paths = body.items.flatMap((group: Discovered) =>
      group.versions.flatMap(({ version, resources }) =>
        resources.filter(({ verbs }) => verbs.includes("watch")).map((r) =>
          `/apis/${group.metadata.name}/${version}/${r.resource}`
        )
      )
    );
    assert.ok(paths.length > 30);
    for (const path of [MAPS, ...paths]) {
      for (const as of ["", "Table", "PartialObjectMetadata"]) {
        const watch = await api.watch(
          `${path}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name=none`,
          { accept: as && `application/json;v=v1;g=meta.k8s.io;as=${as}` },
        );
        const { type, object } = await watch.next();
        await watch.stop();
        assert.equal(type, "BOOKMARK", `${path} as ${as}`);
        const { resourceVersion, ...metadata } = as === "Table"
          ? object.rows[0].object.metadata
          : object.metadata;
        assert.ok(Number(resourceVersion) > 0, path);
        assert.deepEqual(metadata, {
          annotations: { "k8s.io/initial-events-end": "true" },
        });
        for (const cell of object.rows?.[0].cells ?? []) {
          assert.doesNotMatch(String(cell), /undefined|NaN/, path);
        }
      }
    }
  }, { builtins: "all" });
});

Deno.test("watch: bookmarks carry the newest resourceVersion", async () => {
  await withServer(async (api) => {
    const watch = await api.watch(
      `${MAPS}?watch=1&allowWatchBookmarks=true&labelSelector=none=1`,
    );
    const { body } = await api.post(MAPS, configMap("a"));
    await eventually(async () => {
      const { type, object } = await watch.next();
      assert.equal(type, "BOOKMARK");
      return Number(object.metadata.resourceVersion) >=
        Number(body.metadata.resourceVersion);
    });
    await watch.stop();
  }, { watchers: { bookmarkIntervalMs: 5 } });
});

Deno.test("watch: history that is compacted ends it with an Expired event", async () => {
  await withServer(async (api) => {
    for (let i = 0; i < 60; i++) await api.post(MAPS, configMap(`m${i}`));
    const event = await eventually(async () => {
      const watch = await api.watch(`${MAPS}?watch=1&resourceVersion=1`);
      const event = await watch.next();
      const ended = event.type === "ERROR" && await watch.next();
      if (ended === undefined) return event;
      await watch.stop();
    });
    assert.equal(event.object.code, 410);
    assert.equal(event.object.reason, "Expired");
  }, { history: 10 });
});

Deno.test("watch: a client that does not read is dropped, others go on", async () => {
  await withServer(async (api) => {
    const slow = await api.watch(`${MAPS}?watch=1`);
    const fast = await api.watch(
      `${MAPS}?watch=1&fieldSelector=metadata.name=last`,
    );
    const big = "x".repeat(10_000);
    for (let i = 0; i < 40; i++) {
      await api.post(MAPS, configMap(`m${i}`, { big }));
    }
    await api.post(MAPS, configMap("last"));
    assert.deepEqual(await fast.names(1), ["ADDED last"]);
    // What was queued is let go of with it: memory is not kept for who reads nothing.
    await assert.rejects(slow.names(1000), (error) => {
      assert.match(String(error), /takes events too slowly/);
      return true;
    });
    await fast.stop();
  }, { watchers: { maxQueuedBytes: 100_000 } });
});

Deno.test("watch: ends when the server closes", async () => {
  await withServer(async (api) => {
    const watch = await api.watch(`${MAPS}?watch=1&labelSelector=none=1`);
    const end = watch.next();
    await api.server.close();
    assert.equal(await end, undefined);
  });
});

Deno.test("watch: a timeoutSeconds longer than any timer runs does not end it at once", async () => {
  await withServer(async (api) => {
    const watch = await api.watch(
      `${MAPS}?watch=1&labelSelector=t=1&timeoutSeconds=99999999999`,
    );
    const names = Array.from({ length: 300 }, (_, i) => `map-${i}`);
    for (const name of names) {
      await api.post(MAPS, configMap(name, {}, { labels: { t: "1" } }));
    }
    const seen = await watch.names(names.length);
    assert.deepEqual(seen, names.map((name) => `ADDED ${name}`));
    await watch.stop();
  });
});

Deno.test("watch: the state of a resourceVersion that is yet to come is not there to start with", async () => {
  await withServer(async (api) => {
    const query = "watch=1&allowWatchBookmarks=1&resourceVersion=999999";
    const initial = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    const watch = await api.watch(`${MAPS}?${query}&${initial}`);
    const { type, object } = await watch.next();
    assert.deepEqual([type, object.code], ["ERROR", 504]);
    assert.match(object.message, /Too large resource version: 999999/);
    await watch.stop();
    const { code } = await api.get(`${MAPS}?resourceVersion=${2n ** 64n}`);
    assert.equal(code, 400);
  });
});
