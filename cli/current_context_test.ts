import assert from "node:assert/strict";
import { join } from "node:path";
import { currentContext } from "./current_context.ts";
import { bufferIo } from "./io.ts";

const KUBECONFIG = `# mine
apiVersion: v1
kind: Config
current-context: work
clusters:
  - name: c
    cluster: { server: "https://127.0.0.1:1", certificate-authority: ca.crt }
contexts:
  - name: home
    context: { cluster: c, user: u, namespace: h }
  - name: work
    context:
      cluster: c
      user: u
      namespace: a # the first
users: []
`;

async function withFile(
  text: string,
  test: (path: string, dir: string) => Promise<void>,
) {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "config");
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    await test(path, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("switching a context changes its namespace and nothing else", async () => {
  await withFile(KUBECONFIG, async (path) => {
    const io = bufferIo();
    await (await currentContext({ kubeconfig: path, io })).switchTo("b");

    const text = await Deno.readTextFile(path);
    assert.match(text, /^# mine\n/);
    assert.match(text, /certificate-authority: ca\.crt/);
    const context = await currentContext({ kubeconfig: path, io });
    assert.deepEqual(
      [context.name, context.namespace, context.previous],
      ["work", "b", "a"],
    );
    const home = await currentContext({
      kubeconfig: path,
      context: "home",
      io,
    });
    assert.equal(home.namespace, "h");
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    }
  });
});

Deno.test("switching back and forth remembers where from", async () => {
  await withFile(KUBECONFIG, async (path) => {
    const io = bufferIo();
    const open = () => currentContext({ kubeconfig: path, io });
    await (await open()).switchTo("b");
    await (await open()).switchTo((await open()).previous!);
    assert.equal((await open()).namespace, "a");
    assert.equal((await open()).previous, "b");
  });
});

Deno.test("a namespace that YAML 1.1 takes for a boolean stays a string", async () => {
  await withFile(KUBECONFIG, async (path) => {
    await (await currentContext({ kubeconfig: path, io: bufferIo() }))
      .switchTo("y");
    assert.match(await Deno.readTextFile(path), /namespace: "y"/);
  });
});

Deno.test("the context is found in whichever file of KUBECONFIG has it", async () => {
  await withFile(KUBECONFIG, async (path, dir) => {
    const first = join(dir, "first");
    await Deno.writeTextFile(first, "current-context: home\n");
    const io = bufferIo({
      env: { KUBECONFIG: `${first}:${join(dir, "none")}:${path}` },
    });
    const context = await currentContext({ io });
    assert.deepEqual([context.path, context.name], [path, "home"]);
  });
});

Deno.test("a context that is in no file is an error that names the files", async () => {
  await withFile(KUBECONFIG, async (path) => {
    await assert.rejects(
      currentContext({ kubeconfig: path, context: "x", io: bufferIo() }),
      { message: `Cannot use context x: it is not in ${path}` },
    );
  });
});
