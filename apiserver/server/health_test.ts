import assert from "node:assert/strict";
import { eventually, withServer } from "../test_client.ts";
import { healthPaths } from "./health.ts";

/** Health paths of which the check `storage` says `storage.good`. */
function health() {
  const storage = { good: true };
  const answer = healthPaths({
    live: { ping: () => true },
    ready: { storage: () => storage.good, shutdown: () => true },
  });
  const get = async (path: string) => {
    const url = new URL(path, "https://host");
    const response = await answer(url.pathname, new Request(url));
    return response && `${response.status} ${await response.text()}`;
  };
  return { storage, get };
}

Deno.test("health paths say ok, and with verbose what was checked", async () => {
  const { get } = health();
  for (const path of ["/livez", "/readyz", "/healthz", "/readyz/storage"]) {
    assert.equal(await get(path), "200 ok");
  }
  assert.equal(
    await get("/livez?verbose"),
    "200 [+]ping ok\nlivez check passed\n",
  );
  assert.equal(
    await get("/readyz?verbose"),
    "200 [+]ping ok\n[+]storage ok\n[+]shutdown ok\nreadyz check passed\n",
  );
  assert.equal(await get("/livez/storage"), undefined);
  assert.equal(await get("/readyz/constructor"), undefined);
  assert.equal(await get("/readyz/storage/more"), undefined);
  assert.equal(await get("/other"), undefined);
});

Deno.test("a check that fails shows, without verbose too, and where it is not excluded", async () => {
  const { storage, get } = health();
  storage.good = false;
  assert.equal(await get("/livez"), "200 ok");
  assert.equal(
    await get("/readyz"),
    "500 [+]ping ok\n[-]storage failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n",
  );
  assert.equal(
    await get("/readyz/storage"),
    "500 internal server error: storage failed\n",
  );
  assert.equal(await get("/readyz?exclude=storage"), "200 ok");
  assert.equal(
    await get("/readyz?verbose&exclude=storage&exclude=b&exclude=a"),
    '200 [+]ping ok\n[+]storage excluded: ok\n[+]shutdown ok\nwarn: some health checks cannot be excluded: no matches for "a","b"\nreadyz check passed\n',
  );
});

Deno.test("a server that ends fails /readyz and not /livez, ends watches and takes no new ones", async () => {
  await withServer(async (api) => {
    const path = "/api/v1/namespaces/default/configmaps?watch=1";
    const watch = await api.watch(`${path}&allowWatchBookmarks=1`);
    await watch.names(1);
    const closed = api.server.close();
    const ready = await api.get("/readyz");
    assert.equal(ready.code, 500);
    assert.match(ready.body, /\[-\]shutdown failed: reason withheld\n/);
    assert.equal((await api.get("/livez")).body, "ok");
    const refused = await api.get(path);
    assert.equal(refused.code, 429);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.equal(
      refused.body.message,
      "The apiserver is shutting down, please try again later.",
    );
    const last = await eventually(() => watch.next());
    assert.equal(last.type, "BOOKMARK");
    assert.equal(await watch.next(), undefined);
    await closed;
  });
});
