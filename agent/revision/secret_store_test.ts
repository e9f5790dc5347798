import assert from "node:assert/strict";
import type { KubeClient } from "../../kube/client.ts";
import { openDeviceKeys } from "../identity/device_keys.ts";
import { StateFolder } from "../state/state_folder.ts";
import { SecretStore, withValues } from "./secret_store.ts";

Deno.test("withValues() puts values at their paths, and leaves the config as it was", () => {
  const config = { peers: [{ name: "a" }], "a/b": {} };
  const values = [
    { path: "/peers/0/psk", value: "1" },
    { path: "/a~1b/__proto__", value: "2" },
    { path: "/new/key", value: "3" },
  ];
  assert.equal(
    JSON.stringify(withValues(config, values)),
    `{"peers":[{"name":"a","psk":"1"}],"a/b":{"__proto__":"2"},"new":{"key":"3"}}`,
  );
  assert.deepEqual(config, { peers: [{ name: "a" }], "a/b": {} });
});

Deno.test("withValues() copies a config once, however many values it gets", () => {
  const original = structuredClone;
  let copies = 0;
  globalThis.structuredClone = (value) => {
    copies++;
    return original(value);
  };
  try {
    const values = Array.from({ length: 100 }, (_, n) => ({
      path: `/peers/${n}/psk`,
      value: "x",
    }));
    withValues({ peers: values.map(() => ({})) }, values);
  } finally {
    globalThis.structuredClone = original;
  }
  assert.equal(copies, 1);
});

Deno.test("a Secret with many keys is asked for once, for all of a plugin's references", async () => {
  const dir = await Deno.makeTempDir({ prefix: "faros-secret-" });
  try {
    using state = await StateFolder.open(dir);
    const store = new SecretStore(state, await openDeviceKeys(state));
    let asked = 0;
    const client = {
      get() {
        asked++;
        return Promise.resolve({ data: { a: btoa("1"), b: btoa("2") } });
      },
    } as unknown as KubeClient;
    const fetched = new Map();
    const { signal } = new AbortController();
    const get = (key: string) =>
      store.get({ path: "/x", name: "s", key, hmac: "h" }, {
        client,
        namespace: "site",
        signal,
        fetched,
      });
    assert.deepEqual([await get("a"), await get("b")], ["1", "2"]);
    assert.equal(asked, 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
