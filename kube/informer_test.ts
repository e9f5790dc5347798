import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { KubeClient } from "./client.ts";
import {
  createInformer,
  type Informer,
  type InformerOptions,
} from "./informer.ts";
import { InformerFactory } from "./informer_factory.ts";
import type { Logger } from "./log.ts";
import { createRestClient } from "./rest_client.ts";
import { eventually } from "./testing/eventually.ts";
import {
  type EventStream,
  eventStream,
  startFaultServer,
  statusResponse,
} from "./testing/fault_server.ts";

const MAPS = {
  group: "",
  version: "v1",
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

/** As `name:uid@resourceVersion` says. */
function map(text: string): KubeObject {
  const [, name, uid, resourceVersion] = /^(\w+)(?::(\w+))?@(\d+)$/.exec(text)!;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: name!,
      namespace: "a",
      uid: uid ?? name,
      resourceVersion,
    },
  };
}

function listResponse(resourceVersion: string, ...items: string[]): Response {
  return Response.json({
    apiVersion: "v1",
    kind: "ConfigMapList",
    metadata: { resourceVersion },
    items: items.map(map),
  });
}

interface Scene {
  informer: Informer;
  /** `type name` of all events, in order. */
  seen: string[];
  /** Requests as `list` or `watch <resourceVersion>`. */
  requests(): string[];
  /** The watches so far, the last at the end. */
  watches: EventStream[];
  logged: string[];
}

/** Runs an informer against a server of which a test decides the answers. */
async function scene(
  answers: {
    list?: (nth: number) => Response;
    /** @default a stream in `watches` */
    watch?: (nth: number) => Response | undefined | Promise<Response>;
    options?: Partial<InformerOptions>;
  },
  test: (scene: Scene) => Promise<void>,
): Promise<void> {
  const watches: EventStream[] = [];
  let lists = 0;
  let asked = 0;
  await using server = startFaultServer((_request, url) => {
    if (!url.searchParams.has("watch")) {
      return (answers.list ?? (() => listResponse("10", "x@5")))(lists++);
    }
    const answer = answers.watch?.(asked++);
    if (answer) return answer;
    const stream = eventStream();
    watches.push(stream);
    return stream.response;
  });
  using client = new KubeClient(createRestClient(server.config));
  const stop = new AbortController();
  const logged: string[] = [];
  const write = (message: string, fields?: Record<string, unknown>) => {
    logged.push(`${message} ${fields?.error ?? ""}`.trim());
  };
  const log: Logger = {
    debug: () => {},
    info: write,
    warn: write,
    error: write,
    with: () => log,
  };
  const informer = createInformer(client, MAPS, {
    signal: stop.signal,
    log,
    backoff: { base: 1, max: 5 },
    ...answers.options,
  });
  const seen: string[] = [];
  informer.on(({ type, object }) =>
    seen.push(`${type} ${object.metadata.name}`)
  );
  try {
    await test({
      informer,
      seen,
      watches,
      logged,
      requests: () =>
        server.requests.map((request) => {
          const { searchParams } = new URL(request.slice(4), server.url);
          return searchParams.has("watch")
            ? `watch ${searchParams.get("resourceVersion")}`
            : "list";
        }),
    });
  } finally {
    stop.abort();
    await informer.done;
  }
}

Deno.test("informer lists, then follows the watch", () =>
  scene({}, async ({ informer, seen, watches }) => {
    await informer.synced;
    assert.equal(informer.get("a", "x")?.metadata.resourceVersion, "5");
    await eventually(() => watches[0]);
    watches[0]!.send("ADDED", map("y@11"));
    watches[0]!.send("MODIFIED", map("x@12"));
    watches[0]!.send("DELETED", map("y@13"));
    await eventually(() => informer.resourceVersion === "13");
    assert.deepEqual(seen, ["added x", "added y", "updated x", "deleted y"]);
    assert.deepEqual(informer.list("a"), [map("x@12")]);
    assert.deepEqual(informer.list("b"), []);
  }));

Deno.test("informer tells a late listener what is there already", () =>
  scene({}, async ({ informer, watches }) => {
    await informer.synced;
    const seen: string[] = [];
    const off = informer.on(({ type }) => seen.push(type));
    assert.deepEqual(seen, ["added"]);
    off();
    await eventually(() => watches[0]);
    watches[0]!.send("MODIFIED", map("x@11"));
    await eventually(() => informer.resourceVersion === "11");
    assert.deepEqual(seen, ["added"]);
  }));

Deno.test("informer resumes a watch that its server ended, from the last bookmark", () =>
  scene({}, async ({ watches, requests }) => {
    await eventually(() => watches[0]);
    watches[0]!.send("BOOKMARK", { metadata: { resourceVersion: "20" } });
    watches[0]!.end();
    await eventually(() => watches[1]);
    assert.deepEqual(requests(), ["list", "watch 10", "watch 20"]);
  }));

Deno.test("informer resumes after a connection that was cut amid an event", () =>
  scene({}, async ({ informer, seen, watches, requests }) => {
    await eventually(() => watches[0]);
    watches[0]!.send("ADDED", map("y@11"));
    watches[0]!.raw('{"type":"ADDED","object":{"met');
    await eventually(() => informer.resourceVersion === "11");
    watches[0]!.end();
    await eventually(() => watches[1]);
    watches[1]!.send("ADDED", map("z@12"));
    await eventually(() => seen.includes("added z"));
    assert.deepEqual(requests(), ["list", "watch 10", "watch 11"]);
  }));

Deno.test("informer lists again after 410, and tells what it missed", () =>
  scene({
    list: (nth) =>
      nth === 0
        ? listResponse("10", "x@5", "gone@6", "same@7", "again:old@8")
        : listResponse("30", "x@25", "new@26", "same@7", "again:new@27"),
  }, async ({ informer, seen, watches, requests, logged }) => {
    await eventually(() => watches[0]);
    seen.length = 0;
    watches[0]!.send("ERROR", {
      kind: "Status",
      code: 410,
      reason: "Expired",
      message: "too old resource version",
    });
    await eventually(() => watches[1]);
    assert.deepEqual(requests(), ["list", "watch 10", "list", "watch 30"]);
    assert.deepEqual(seen.toSorted(), [
      "added again",
      "added new",
      "deleted again",
      "deleted gone",
      "updated x",
    ]);
    assert.equal(informer.get("a", "again")?.metadata.uid, "new");
    // Nothing that anybody has to know of.
    assert.deepEqual(logged, []);
  }));

Deno.test("informer that pauses follows nothing, and tells afterwards what it missed", () =>
  scene({
    list: (nth) =>
      nth === 0
        ? listResponse("10", "x@5", "gone@6", "same@7")
        : listResponse("30", "x@25", "new@26", "same@7"),
  }, async ({ informer, seen, watches, requests, logged }) => {
    await eventually(() => watches[0]);
    seen.length = 0;
    const [one, other] = [informer.pause(), informer.pause()];
    await watches[0]!.cancelled;
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    assert.deepEqual(requests(), ["list", "watch 10"]);
    assert.equal(informer.size, 3);
    other[Symbol.dispose]();
    await eventually(() => watches[1]);
    assert.deepEqual(requests(), ["list", "watch 10", "list", "watch 30"]);
    assert.deepEqual(seen, ["updated x", "added new", "deleted gone"]);
    assert.deepEqual(logged, []);
  }));

Deno.test("informer that pauses ends by its signal", () =>
  scene({}, async ({ informer, watches }) => {
    await eventually(() => watches[0]);
    informer.pause();
    await watches[0]!.cancelled;
  }));

Deno.test("informer lists again where the server's history is behind its own", () =>
  scene({
    watch: (nth) =>
      nth > 0 ? undefined : statusResponse(504, {
        reason: "Timeout",
        message: "Too large resource version: 10, current: 3",
        details: { causes: [{ reason: "ResourceVersionTooLarge" }] },
      }),
  }, async ({ watches, requests }) => {
    await eventually(() => watches[0]);
    assert.deepEqual(requests(), ["list", "watch 10", "list", "watch 10"]);
  }));

Deno.test("informer notices a connection that went silent", () =>
  scene({ options: { idleTimeout: 250 } }, async (scene) => {
    const { informer, watches, requests } = scene;
    await eventually(() => watches[0]);
    watches[0]!.send("ADDED", map("y@11"));
    // and not one word more
    await eventually(() => watches[1]);
    assert.equal(requests()[2], "watch 11");
    watches[1]!.send("ADDED", map("z@12"));
    await eventually(() => informer.get("a", "z"));
  }));

Deno.test("informer goes on after a server that is away, and says so once, and once that it is over", () =>
  scene({
    list: (nth) =>
      nth < 4
        ? statusResponse(500, { message: "no etcd" })
        : listResponse("10", "x@5"),
  }, async ({ informer, logged }) => {
    await eventually(() => informer.lastError);
    assert.equal(informer.hasSynced, false);
    await informer.synced;
    assert.equal(informer.lastError, undefined);
    assert.equal(logged.length, 2);
    assert.match(logged[0]!, /^Cannot follow a resource.*no etcd/);
    assert.equal(logged[1], "Follows a resource again");
  }));

Deno.test("informer waits as long as a busy server asks", () => {
  const slept: number[] = [];
  const clock = {
    now: () => Date.now(),
    sleep: (ms: number) => {
      slept.push(ms);
      return Promise.resolve();
    },
  };
  return scene({
    watch: (nth) =>
      nth > 0 ? undefined : statusResponse(429, {
        details: { retryAfterSeconds: 9 },
      }),
    options: { clock },
  }, async ({ watches }) => {
    await eventually(() => watches[0]);
    assert.deepEqual(slept, [9000]);
  });
});

Deno.test("informer slows down before a server that ends each watch at once", () => {
  const slept: number[] = [];
  const clock = {
    now: () => 0,
    sleep: (ms: number) => {
      slept.push(ms);
      return Promise.resolve();
    },
  };
  return scene({
    watch: (nth) => nth < 4 ? new Response("") : undefined,
    options: { clock, backoff: { base: 100, jitter: 0 } },
  }, async ({ watches }) => {
    await eventually(() => watches[0]);
    assert.deepEqual(slept, [100, 200, 400, 800]);
  });
});

Deno.test("informer outlives a listener that throws", () =>
  scene({}, async ({ informer, seen, watches, logged }) => {
    await eventually(() => watches[0]);
    informer.on(({ object }) => {
      if (object.metadata.name === "y") throw new Error("bad listener");
    });
    const after: string[] = [];
    informer.on(({ object }) => after.push(object.metadata.name));
    watches[0]!.send("ADDED", map("y@11"));
    watches[0]!.send("ADDED", map("z@12"));
    await eventually(() => seen.includes("added z"));
    assert.deepEqual(after, ["x", "y", "z"]);
    assert.deepEqual(logged, [
      "A listener of an informer failed Error: bad listener",
    ]);
  }));

Deno.test("informer that is stopped before it synced says so", async () => {
  await using server = startFaultServer(() => statusResponse(503));
  using client = new KubeClient(createRestClient(server.config));
  const stop = new AbortController();
  const informer = createInformer(client, MAPS, { signal: stop.signal });
  stop.abort(new Error("stopped"));
  await informer.done;
  await assert.rejects(informer.synced, { message: "stopped" });
});

Deno.test("informer factory shares one informer for the same scope", async () => {
  await using server = startFaultServer((_request, url) =>
    url.searchParams.has("watch") ? eventStream().response : listResponse("1")
  );
  using client = new KubeClient(createRestClient(server.config));
  const stop = new AbortController();
  const factory = new InformerFactory(client, { signal: stop.signal });
  const all = factory.get(MAPS);
  assert.equal(factory.get(MAPS), all);
  assert.notEqual(factory.get(MAPS, { namespace: "a" }), all);
  assert.notEqual(factory.get(MAPS, { labelSelector: "a=b" }), all);
  await factory.synced();
  assert.equal(factory.list().length, 3);
  stop.abort();
  await factory.done();
});
