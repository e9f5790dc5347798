import assert from "node:assert/strict";
import { join } from "node:path";
import { keepKubeconfig } from "./keep_kubeconfig.ts";

const options = {
  url: "https://127.0.0.1:6443",
  caData: "CA",
  token: "t",
  name: "root",
};

Deno.test("a kubeconfig that leads to the server stays as people made it; another is written anew", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "admin.kubeconfig");
    const read = () => Deno.readTextFile(path);
    await keepKubeconfig(path, options);
    const first = await read();
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    }
    const edited = first.replace(
      'current-context: "root"',
      "current-context: mine # for now",
    );
    assert.notEqual(edited, first);
    await Deno.writeTextFile(path, edited);
    await keepKubeconfig(path, options);
    assert.equal(await read(), edited);

    for (
      const other of [
        { ...options, url: "https://127.0.0.1:64430" },
        { ...options, caData: "another" },
        { ...options, token: "another" },
      ]
    ) {
      await Deno.writeTextFile(path, edited);
      await keepKubeconfig(path, other);
      assert.notEqual(await read(), edited);
    }
    for (const broken of ["", "{", "clusters: 1", "clusters: [null]"]) {
      await Deno.writeTextFile(path, broken);
      await keepKubeconfig(path, options);
      assert.equal(await read(), first);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
