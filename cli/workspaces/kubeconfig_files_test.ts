import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { workspacePlace } from "../../kube/workspace_place.ts";
import { bufferIo } from "../io.ts";
import { KubeconfigFiles } from "./kubeconfig_files.ts";
import { type Arrival, workspaceSwitch } from "./workspace_switch.ts";

const NAMESPACES = `# mine
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

const KCP = `apiVersion: v1
kind: Config
current-context: faros
clusters:
  - name: kcp # the front door
    cluster:
      server: https://127.0.0.1:1/clusters/root:faros
      certificate-authority: ca.crt
contexts:
  - name: faros
    context: { cluster: kcp, user: u, namespace: mine }
users: []
`;

/** A file and the commands on it. */
async function withFile(
  text: string,
  test: (of: { path: string; dir: string; files: Files }) => Promise<void>,
) {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "config");
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    await test({ path, dir, files: new Files({ kubeconfig: path }) });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

class Files {
  readonly #options: {
    kubeconfig?: string;
    env?: Record<string, string>;
  };

  constructor(options: { kubeconfig?: string; env?: Record<string, string> }) {
    this.#options = options;
  }

  open(context?: string): Promise<KubeconfigFiles> {
    const { kubeconfig, env } = this.#options;
    return KubeconfigFiles.open({ kubeconfig, context, io: bufferIo({ env }) });
  }

  async current(): Promise<string | undefined> {
    return workspaceSwitch(await this.open()).current;
  }

  goTo(workspaceURL: string): Promise<Arrival> {
    return this.#change((files) =>
      workspaceSwitch(files).goTo(workspacePlace(workspaceURL))
    );
  }

  goBack(): Promise<Arrival> {
    return this.#change((files) => workspaceSwitch(files).goBack());
  }

  #change<T>(change: (files: KubeconfigFiles) => T): Promise<T> {
    const { kubeconfig, env } = this.#options;
    return KubeconfigFiles.change(change, {
      kubeconfig,
      io: bufferIo({ env }),
    });
  }
}

const namespace = (name: string) =>
  `https://127.0.0.1:1/api/v1/namespaces/${name}`;
const server = (name: string) => `https://127.0.0.1:1/clusters/${name}`;

Deno.test("going to another namespace changes it and nothing else", async () => {
  await withFile(NAMESPACES, async ({ path, files }) => {
    await files.goTo(namespace("b"));
    const text = await Deno.readTextFile(path);
    assert.match(text, /^# mine\n/);
    assert.match(text, /certificate-authority: ca\.crt/);
    assert.equal(await files.current(), "b");
    const home = workspaceSwitch(await files.open("home"));
    assert.equal(home.current, "h");
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    }
  });
});

Deno.test("going there and back remembers where from, on both engines", async () => {
  for (
    const [text, url, first, other] of [
      [NAMESPACES, namespace("b"), "a", "b"],
      [KCP, server("root:faros:b"), "root:faros", "root:faros:b"],
    ] as const
  ) {
    await withFile(text, async ({ files }) => {
      const where = () => files.current();
      await assert.rejects(files.goBack(), /Cannot go back/);
      await files.goTo(url);
      assert.equal(await where(), other);
      await files.goBack();
      assert.equal(await where(), first);
      await files.goBack();
      assert.equal(await where(), other);
    });
  }
});

Deno.test("a namespace that YAML 1.1 takes for a boolean stays a string", async () => {
  await withFile(NAMESPACES, async ({ path, files }) => {
    await files.goTo(namespace("y"));
    assert.match(await Deno.readTextFile(path), /namespace: "y"/);
  });
});

Deno.test("on kcp the contexts of kubectl ws are used, and the one before is left alone", async () => {
  await withFile(KCP, async ({ path, files }) => {
    await files.goTo(server("root:faros:a"));
    await files.goTo(server("root:faros:b"));
    const text = await Deno.readTextFile(path);
    assert.match(text, /# the front door/);
    const config = parse(text);
    assert.equal(config["current-context"], "workspace.kcp.io/current");
    const find = (kind: string, name: string) =>
      config[`${kind}s`].find((item: { name: string }) => item.name === name)[
        kind
      ];
    assert.deepEqual(find("context", "faros"), {
      cluster: "kcp",
      user: "u",
      namespace: "mine",
    });
    for (const [name, at] of [["current", "b"], ["previous", "a"]] as const) {
      const id = `workspace.kcp.io/${name}`;
      assert.deepEqual(find("context", id), {
        cluster: id,
        user: "u",
        namespace: "default",
      });
      assert.deepEqual(find("cluster", id), {
        server: server(`root:faros:${at}`),
        "certificate-authority": "ca.crt",
      });
    }
  });
});

Deno.test("back to a context of one's own is to have it again, with its namespace", async () => {
  await withFile(KCP, async ({ path, files }) => {
    await files.goTo(server("root:faros:a"));
    await files.goBack();
    const { contexts } = parse(await Deno.readTextFile(path));
    assert.deepEqual(
      contexts.map(({ name, context }: {
        name: string;
        context: { cluster: string; namespace: string };
      }) => [name, context.cluster, context.namespace]),
      [
        ["faros", "kcp", "mine"],
        ["workspace.kcp.io/previous", "workspace.kcp.io/previous", "default"],
        ["workspace.kcp.io/current", "kcp", "mine"],
      ],
    );
  });
});

Deno.test("the context is found in whichever file of KUBECONFIG has it, and written there", async () => {
  await withFile(KCP, async ({ path, dir }) => {
    const first = join(dir, "sub", "first");
    await Deno.mkdir(join(dir, "sub"));
    await Deno.writeTextFile(first, "current-context: faros\n");
    const files = new Files({
      env: { KUBECONFIG: `${first}:${join(dir, "none")}:${path}` },
    });
    assert.equal(await files.current(), "root:faros");
    await files.goTo(server("root:faros:a"));
    assert.equal(await files.current(), "root:faros:a");
    assert.deepEqual(parse(await Deno.readTextFile(first)), {
      "current-context": "workspace.kcp.io/current",
    });
    const { clusters } = parse(await Deno.readTextFile(path));
    assert.equal(clusters[1].cluster["certificate-authority"], "ca.crt");
  });
});

Deno.test("a certificate of another folder is still found", async () => {
  await withFile(KCP, async ({ path, dir }) => {
    const first = join(dir, "sub", "first");
    await Deno.mkdir(join(dir, "sub"));
    // What kubectl ws left behind when it knew this file alone.
    await Deno.writeTextFile(
      first,
      `clusters: [{ name: workspace.kcp.io/current, cluster: { server: "https://old/clusters/root" } }]\n`,
    );
    const files = new Files({ env: { KUBECONFIG: `${first}:${path}` } });
    await files.goTo(server("root:faros:a"));
    const { clusters } = parse(await Deno.readTextFile(first));
    assert.deepEqual(clusters[0].cluster, {
      server: server("root:faros:a"),
      "certificate-authority": join(dir, "ca.crt"),
    });
  });
});

Deno.test("a context that is in no file is an error that names the files", async () => {
  await withFile(NAMESPACES, async ({ path, files }) => {
    const opened = await files.open("x");
    assert.throws(() => workspaceSwitch(opened), {
      message: `Cannot use context x: it is not in ${path}`,
    });
  });
});
