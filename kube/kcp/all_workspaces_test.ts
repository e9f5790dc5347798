import assert from "node:assert/strict";
import { ConfigMap, Namespace } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { type ApiServer, startApiServer } from "../../apiserver/mod.ts";
import { KubeClient } from "../client.ts";
import type { RequestOptions, RestClient } from "../contract.ts";
import { createInformer } from "../informer.ts";
import { isGone } from "../kube_api_error.ts";
import { createRestClient } from "../rest_client.ts";
import { eventually } from "../testing/eventually.ts";
import { Recognized } from "./recognized.ts";
import { listAll, type Source, watchAll } from "./all_workspaces.ts";

/** Two servers, as shards, whose namespaces `default` are the namespaces `one` and `two`. */
class Shards implements AsyncDisposable {
  /** How often each has been listed. */
  readonly lists = new Map<string, number>();
  readonly #lines = new Map<string, Line>();
  readonly #open: KubeClient[] = [];
  readonly clients = new Map<string, KubeClient>();
  readonly #servers: ApiServer[] = [];
  readonly #listeners = new Set<() => void>();
  sources: Source[] = [];

  async add(name: string): Promise<KubeClient> {
    const server = await startApiServer();
    this.#servers.push(server);
    const { url, caData, adminToken: token } = server;
    const rest = createRestClient({ server: url, caData, token });
    const client = new KubeClient(rest);
    this.#open.push(client);
    this.clients.set(name, client);
    const line = new Line(rest, () => {
      this.lists.set(name, (this.lists.get(name) ?? 0) + 1);
    });
    this.#lines.set(name, line);
    this.sources.push({
      id: url,
      rest: line.rest,
      path: "/api/v1/configmaps",
      adopt: (object) =>
        object.metadata.namespace === "default"
          ? { ...object, metadata: { ...object.metadata, namespace: name } }
          : undefined,
    });
    this.changed();
    return client;
  }

  /** Cuts the line to one, or mends it. */
  cut(name: string, cut: boolean): void {
    this.#lines.get(name)!.cut = cut;
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** All of them as one API. */
  get client(): KubeClient {
    const performRequest = (opts: RequestOptions) =>
      opts.querystring?.has("watch")
        ? watchAll(this.sources, opts, {
          onChange: (listener) => {
            this.#listeners.add(listener);
            return () => this.#listeners.delete(listener);
          },
        })
        : listAll(this.sources, opts);
    return new KubeClient({
      performRequest: performRequest as RestClient["performRequest"],
      [Symbol.dispose]: () => {},
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#open) client.close();
    for (const server of this.#servers) await server.close();
  }
}

/** The line to a server, which can be cut. */
class Line {
  #broken = new AbortController();
  #cut = false;
  readonly rest: RestClient;

  constructor(rest: RestClient, onList: () => void) {
    const performRequest = (opts: RequestOptions) => {
      if (this.#cut) return Promise.reject(new Error("The line is cut"));
      if (!opts.querystring?.has("watch")) onList();
      const signals = [opts.abortSignal, this.#broken.signal];
      const abortSignal = AbortSignal.any(signals.filter((s) => !!s));
      return rest.performRequest({ ...opts, abortSignal });
    };
    this.rest = {
      performRequest: performRequest as RestClient["performRequest"],
      [Symbol.dispose]: () => {},
    };
  }

  set cut(cut: boolean) {
    this.#cut = cut;
    if (cut) this.#broken.abort(new Error("The line is cut"));
    else this.#broken = new AbortController();
  }
}

function configMap(name: string, namespace = "default"): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, labels: { of: "test" } },
  };
}

const names = (objects: KubeObject[]) =>
  objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    .sort();

Deno.test("objects of all sources are one list, page by page, without those that are not the hub's", async () => {
  await using shards = new Shards();
  for (const name of ["one", "two"]) {
    const client = await shards.add(name);
    await Promise.all(
      Array.from(
        { length: 520 },
        (_, i) => client.create(ConfigMap, configMap(`c-${i}`)),
      ),
    );
    await client.create(ConfigMap, configMap("other", "kube-system"));
  }
  const list = await shards.client.listAll(ConfigMap, {
    labelSelector: "of=test",
  });
  assert.equal(list.items.length, 1040);
  assert.ok(names(list.items).includes("one/c-519"));
  assert.ok(names(list.items).includes("two/c-0"));
});

Deno.test("rows of all sources are one Table", async () => {
  await using shards = new Shards();
  for (const name of ["one", "two"]) {
    const client = await shards.add(name);
    await client.create(ConfigMap, configMap("c"));
    await client.create(ConfigMap, configMap("other", "kube-system"));
  }
  const table = await shards.client.rest.performRequest({
    method: "GET",
    path: "/api/v1/configmaps",
    querystring: new URLSearchParams({ labelSelector: "of=test" }),
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
    expectJson: true,
  }) as unknown as {
    kind: string;
    columnDefinitions: { name: string }[];
    rows: { cells: unknown[]; object: KubeObject }[];
  };
  assert.equal(table.kind, "Table");
  assert.equal(table.columnDefinitions[0]!.name, "Name");
  assert.deepEqual(table.rows.map((row) => row.cells[0]), ["c", "c"]);
  assert.deepEqual(names(table.rows.map((row) => row.object)), [
    "one/c",
    "two/c",
  ]);
});

Deno.test("an informer follows all sources, those that come later too, and goes on where a watch ended", async () => {
  await using shards = new Shards();
  const one = await shards.add("one");
  using stop = disposable();
  const informer = createInformer(shards.client, ConfigMap, {
    labelSelector: "of=test",
    // Watches end, and go on, again and again.
    watchTimeoutSeconds: 1,
    backoff: { base: 1 },
    signal: stop.signal,
  });
  await informer.synced;
  const two = await shards.add("two");
  const expected: string[] = [];
  for (let i = 0; i < 30; i++) {
    await one.create(ConfigMap, configMap(`c-${i}`));
    await two.create(ConfigMap, configMap(`c-${i}`));
    expected.push(`one/c-${i}`, `two/c-${i}`);
  }
  await one.delete(ConfigMap, "c-0", { namespace: "default" });
  expected.shift();
  await eventually(
    () => names(informer.list()).join() === expected.toSorted().join(),
    {
      timeout: 60_000,
    },
  );
  stop.abort();
  await informer.done;
});

Deno.test("a watch goes on from the last bookmark without losing or repeating an event", async () => {
  await using shards = new Shards();
  const clients = [await shards.add("one"), await shards.add("two")];
  const { client } = shards;
  let { metadata: { resourceVersion } } = await client.list(ConfigMap, {
    labelSelector: "of=test",
  });
  const seen: string[] = [];
  for (let round = 0; round < 5; round++) {
    for (const shard of clients) {
      await shard.create(ConfigMap, configMap(`c-${round}`));
    }
    let events = 0;
    const watch = client.watch(ConfigMap, {
      labelSelector: "of=test",
      resourceVersion,
    });
    for await (const { type, object } of watch) {
      // Between an event and its bookmark nothing may be taken for seen.
      if (type === "ADDED") seen.push(...names([object]));
      else resourceVersion = object.metadata.resourceVersion;
      if (type === "BOOKMARK" && ++events === 2) break;
    }
  }
  assert.deepEqual(
    seen.toSorted(),
    [0, 1, 2, 3, 4].flatMap((i) => [`one/c-${i}`, `two/c-${i}`]).sort(),
  );
});

Deno.test("where one source is away the others are followed, and what it had to tell comes later", async () => {
  await using shards = new Shards();
  const [one, two] = [await shards.add("one"), await shards.add("two")];
  using stop = disposable();
  const informer = createInformer(shards.client, ConfigMap, {
    labelSelector: "of=test",
    // Also across watches that end meanwhile.
    watchTimeoutSeconds: 1,
    backoff: { base: 1 },
    signal: stop.signal,
  });
  await informer.synced;
  const seen = (...expected: string[]) =>
    eventually(
      () => names(informer.list()).join() === expected.toSorted().join(),
      { timeout: 60_000, what: expected.join() },
    );
  await two.create(ConfigMap, configMap("before"));
  await seen("two/before");

  shards.cut("two", true);
  await two.create(ConfigMap, configMap("meanwhile"));
  await two.delete(ConfigMap, "before", { namespace: "default" });
  await one.create(ConfigMap, configMap("c"));
  await seen("one/c", "two/before");
  await one.delete(ConfigMap, "c", { namespace: "default" });
  await seen("two/before");

  shards.cut("two", false);
  await seen("two/meanwhile");
  assert.deepEqual(Object.fromEntries(shards.lists), { one: 1, two: 1 });
  stop.abort();
  await informer.done;
});

Deno.test("what is in a place that is recognized later is told of without listing all anew, also where that is between two watches", async () => {
  await using shards = new Shards();
  const [one, two] = [await shards.add("one"), await shards.add("two")];
  const known = new Set(["default"]);
  const recognized = new Recognized();
  for (const source of shards.sources) {
    const { adopt } = source;
    source.late = {
      recognized,
      path: (place) => `/api/v1/namespaces/${place}/configmaps`,
    };
    source.adopt = (object) => {
      const place = object.metadata.namespace!;
      if (!known.has(place)) return undefined;
      return place === "default" ? adopt(object) : object;
    };
  }
  const recognize = (place: string) => {
    known.add(place);
    recognized.add(place);
  };
  for (const name of ["late", "later"]) {
    const metadata = { name };
    await one.create(Namespace, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata,
    });
  }
  using stop = disposable();
  const informer = createInformer(shards.client, ConfigMap, {
    labelSelector: "of=test",
    signal: stop.signal,
  });
  await informer.synced;
  const seen = (...expected: string[]) =>
    eventually(
      () => names(informer.list()).join() === expected.toSorted().join(),
      { timeout: 60_000, what: expected.join() },
    );
  await one.create(ConfigMap, configMap("before", "late"));
  await one.create(ConfigMap, configMap("c"));
  await seen("one/c");
  const lists = [...shards.lists.values()];
  // Where one source is away the other tells of it all the same.
  shards.cut("two", true);
  recognize("late");
  await seen("late/before", "one/c");
  await one.create(ConfigMap, configMap("after", "late"));
  await one.delete(ConfigMap, "before", { namespace: "late" });
  await seen("late/after", "one/c");
  shards.cut("two", false);
  await two.create(ConfigMap, configMap("c"));
  await seen("late/after", "one/c", "two/c");
  // One more of each, which were of that place alone.
  assert.deepEqual([...shards.lists.values()], lists.map((n) => n + 1));
  stop.abort();
  await informer.done;

  const { client } = shards;
  const { metadata: { resourceVersion } } = await client.list(ConfigMap);
  await one.create(ConfigMap, configMap("between", "later"));
  recognize("later");
  const watch = client.watch(ConfigMap, { resourceVersion });
  for await (const { type, object } of watch) {
    if (type === "ADDED") {
      assert.deepEqual(names([object]), ["later/between"]);
      break;
    }
  }
});

Deno.test("a watch whose sources change while it catches up ends, and nothing is left that fails", async () => {
  const recognized = new Recognized();
  recognized.add("late");
  const listing = Promise.withResolvers<void>();
  const performRequest = ({ querystring, abortSignal }: RequestOptions) => {
    const ended = new Promise<never>((_, reject) =>
      abortSignal!.addEventListener("abort", () => reject(abortSignal!.reason))
    );
    if (querystring?.has("watch")) {
      return Promise.resolve(new ReadableStream({ pull: () => ended }));
    }
    listing.resolve();
    return ended;
  };
  let change = () => {};
  const stream = await watchAll([{
    id: "one",
    rest: {
      performRequest: performRequest as RestClient["performRequest"],
      [Symbol.dispose]: () => {},
    },
    path: "/api/v1/configmaps",
    adopt: (object) => object,
    late: {
      recognized,
      path: (place) => `/api/v1/namespaces/${place}/configmaps`,
    },
  }], {
    method: "GET",
    path: "/api/v1/configmaps",
    querystring: new URLSearchParams({
      watch: "true",
      resourceVersion: "kcp?one=1~0",
    }),
  }, {
    onChange(listener) {
      change = listener;
      return () => {};
    },
  });
  await listing.promise;
  change();
  const [event, ...more] = await Array.fromAsync(stream) as [
    { type: string; object: { code: number } },
  ];
  assert.deepEqual([event.type, event.object.code], ["ERROR", 410]);
  assert.deepEqual(more, []);
});

Deno.test("where all sources are away, the watch says why", async () => {
  await using shards = new Shards();
  await shards.add("one");
  await shards.add("two");
  const { metadata: { resourceVersion } } = await shards.client.list(ConfigMap);
  const watch = async () => {
    for await (
      const _ of shards.client.watch(ConfigMap, { resourceVersion })
    ) shards.cut("two", true);
  };
  shards.cut("one", true);
  const watching = watch();
  await shards.clients.get("two")!.create(ConfigMap, configMap("c"));
  await assert.rejects(watching, /The line is cut/);
});

Deno.test("where a workspace was made again, late word of the one before takes nothing out", async () => {
  await using shards = new Shards();
  const [old, now] = [await shards.add("site"), await shards.add("site")];
  let past = false;
  shards.sources[0]!.isPast = () => past;
  using stop = disposable();
  const informer = createInformer(shards.client, ConfigMap, {
    labelSelector: "of=test",
    signal: stop.signal,
  });
  await informer.synced;
  const late = await old.create(ConfigMap, configMap("c"));
  await eventually(() => informer.get("site", "c"), { timeout: 60_000 });
  past = true;
  const { metadata: { uid } } = await now.create(ConfigMap, configMap("c"));
  const isNow = () => informer.get("site", "c")?.metadata.uid === uid;
  await eventually(isNow, { timeout: 60_000, what: "the new one was seen" });
  const deleted: string[] = [];
  informer.on(({ type, object }) => {
    if (type === "deleted") deleted.push(object.metadata.name);
    assert.ok(isNow());
  });

  const { resourceVersion } = late.metadata;
  await old.patch(ConfigMap, "c", {
    metadata: { resourceVersion, labels: { late: "yes" } },
  }, { namespace: "default" });
  await old.delete(ConfigMap, "c", { namespace: "default" });
  const { metadata: last } = await old.create(ConfigMap, configMap("last"));
  await eventually(() => {
    const versions = new URLSearchParams(informer.resourceVersion!.slice(4));
    return versions.get(shards.sources[0]!.id)!.split("~")[0] ===
      last.resourceVersion;
  }, { timeout: 60_000, what: "all that was late had come" });
  assert.ok(isNow());
  // Neither does a list show what is past.
  await old.create(ConfigMap, configMap("c"));
  const { items } = await shards.client.list(ConfigMap, {
    labelSelector: "of=test",
  });
  assert.deepEqual(items.map((c) => c.metadata.uid), [uid]);
  assert.deepEqual(deleted, []);
  stop.abort();
  await informer.done;
});

Deno.test("a resourceVersion of other sources, or of one object, is gone", async () => {
  await using shards = new Shards();
  const one = await shards.add("one");
  const { metadata } = await shards.client.list(ConfigMap);
  const object = await one.create(ConfigMap, configMap("c"));
  const watch = async (resourceVersion?: string) => {
    for await (
      const _ of shards.client.watch(ConfigMap, { resourceVersion })
    ) return;
  };
  await assert.rejects(watch(object.metadata.resourceVersion), isGone);
  await watch(metadata.resourceVersion);
  await shards.add("two");
  await assert.rejects(watch(metadata.resourceVersion), isGone);
});

Deno.test("a watch of no source at all waits for one", async () => {
  await using shards = new Shards();
  const { metadata } = await shards.client.list(ConfigMap);
  const watch = (async () => {
    for await (
      const _ of shards.client.watch(ConfigMap, {
        resourceVersion: metadata.resourceVersion,
      })
    ) return "an event";
  })();
  await shards.add("one");
  await assert.rejects(watch, isGone);
});

function disposable(): AbortController & Disposable {
  const controller = new AbortController();
  return Object.assign(controller, {
    [Symbol.dispose]: () => controller.abort(),
  });
}
