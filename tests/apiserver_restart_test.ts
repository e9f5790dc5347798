/** An informer follows the embedded API server across a restart. */
import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { type ApiServer, startApiServer } from "../apiserver/mod.ts";
import { KubeClient } from "../kube/client.ts";
import { createInformer } from "../kube/informer.ts";
import { createRestClient } from "../kube/rest_client.ts";
import { eventually } from "../kube/testing/eventually.ts";
import type { Resource } from "../kube/resource.ts";

const MAPS: Resource = {
  group: "",
  version: "v1",
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

interface ConfigMap extends KubeObject {
  data: Record<string, string>;
}

function clientOf({ url, caData, adminToken: token }: ApiServer): KubeClient {
  return new KubeClient(
    createRestClient({ server: url, caData, token, namespace: "default" }),
  );
}

Deno.test("an informer goes on after a restart of the API server from where it was, and misses no change", async () => {
  const dataDir = await Deno.makeTempDir();
  const first = await startApiServer({ dataDir });
  const { port } = first;
  const stop = new AbortController();
  const client = clientOf(first);
  const writer = clientOf(first);
  await writer.create(MAPS, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "counter", namespace: "default" },
    data: { n: "0" },
  } as ConfigMap);
  let lists = 0;
  const listAll = client.listAll.bind(client);
  client.listAll = (...args: Parameters<typeof listAll>) => {
    lists++;
    return listAll(...args) as never;
  };
  const informer = createInformer<ConfigMap>(client, MAPS, {
    namespace: "default",
    fieldSelector: "metadata.name=counter",
    signal: stop.signal,
    backoff: { base: 10, max: 100 },
  });
  const seen: string[] = [];
  informer.on(({ type, object }) => seen.push(`${type} ${object.data.n}`));
  await informer.synced;

  let written = 0;
  const write = async (to: number) => {
    while (written < to) {
      const patch = { data: { n: String(written + 1) } };
      // Again where there is no answer: what is there already changes nothing.
      await writer.patch(MAPS, "counter", patch, { namespace: "default" })
        .then(() => written++, () => new Promise((go) => setTimeout(go, 5)));
    }
  };
  await write(20);
  const writes = write(60);
  await eventually(() => written > 25);
  await first.close();
  const second = await startApiServer({ dataDir, port });
  try {
    await writes;
    await eventually(() => seen.length > 60);
    assert.deepEqual(seen, [
      "added 0",
      ...Array.from({ length: 60 }, (_, i) => `updated ${i + 1}`),
    ]);
    assert.equal(lists, 1, "it listed again");
  } finally {
    stop.abort();
    await informer.done;
    client[Symbol.dispose]();
    writer[Symbol.dispose]();
    await second.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});
