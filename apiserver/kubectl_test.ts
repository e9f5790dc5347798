/**
 * The server as kubectl sees it. Needs a kubectl under KUBEBUILDER_ASSETS or on the PATH.
 */
import assert from "node:assert/strict";
import { startApiServer } from "./mod.ts";
import { widget, widgetCrd } from "./test_client.ts";
import type { JsonObject } from "./types.ts";

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs kubectl with files of its own. */
class Kubectl {
  constructor(readonly binary: string, readonly folder: string) {}

  async run(
    args: string[],
    { stdin, env = {} }: { stdin?: JsonObject; env?: Record<string, string> } =
      {},
  ): Promise<Output> {
    const process = new Deno.Command(this.binary, {
      args,
      env: {
        KUBECONFIG: `${this.folder}/admin.kubeconfig`,
        KUBECACHEDIR: `${this.folder}/cache`,
        HOME: this.folder,
        ...env,
      },
      stdin: stdin ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin) {
      const writer = process.stdin.getWriter();
      await writer.write(new TextEncoder().encode(JSON.stringify(stdin)));
      await writer.close();
    }
    const { code, stdout, stderr } = await process.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** Runs a command until it has printed `pattern`; `started` resolves with its first output. */
  until(command: string, pattern: RegExp) {
    const process = new Deno.Command(this.binary, {
      args: command.split(" "),
      env: { KUBECONFIG: `${this.folder}/admin.kubeconfig`, HOME: this.folder },
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const started = Promise.withResolvers<void>();
    const read = async () => {
      let output = "";
      const stream = process.stdout.pipeThrough(new TextDecoderStream());
      for await (const part of stream) {
        output += part;
        started.resolve();
        if (pattern.test(output)) break;
      }
      process.kill();
      await process.status;
      return output;
    };
    return { started: started.promise, output: read() };
  }

  /** The output of a command that must succeed. */
  async ok(command: string, stdin?: JsonObject): Promise<string> {
    const output = await this.run(command.split(" "), { stdin });
    assert.equal(output.code, 0, `kubectl ${command}: ${output.stderr}`);
    return output.stdout;
  }

  /** The error of a command that must fail. */
  async fails(command: string, stdin?: JsonObject): Promise<string> {
    const output = await this.run(command.split(" "), { stdin });
    assert.notEqual(output.code, 0, `kubectl ${command}: ${output.stdout}`);
    return output.stderr;
  }
}

function find(): string | undefined {
  const assets = Deno.env.get("KUBEBUILDER_ASSETS");
  const folders = [
    ...assets ? [assets] : [],
    ...(Deno.env.get("PATH") ?? "").split(":"),
  ];
  for (const folder of folders) {
    try {
      if (Deno.statSync(`${folder}/kubectl`).isFile) return `${folder}/kubectl`;
    } catch { /* not there */ }
  }
}

const binary = find();
const WHERE = binary
  ? ""
  : " (skipped: no kubectl under KUBEBUILDER_ASSETS or on the PATH)";

/** A test with a server and a namespace `t` that serves Widgets. */
function test(name: string, work: (kubectl: Kubectl) => Promise<void>) {
  Deno.test({
    name: `kubectl: ${name}${WHERE}`,
    ignore: !binary,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await using _server = await startApiServer({ dataDir: folder });
        const kubectl = new Kubectl(binary!, folder);
        await kubectl.ok("create namespace t");
        await kubectl.ok("apply -f -", widgetCrd());
        await work(kubectl);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

test("apply, diff, edit, label and annotate", async (kubectl) => {
  assert.match(
    await kubectl.ok("apply -n t -f -", widget("w", { size: 1 })),
    /widget.example.com\/w created/,
  );
  assert.match(
    await kubectl.ok("apply -n t -f -", widget("w", { size: 1 })),
    /unchanged/,
  );
  const diff = await kubectl.run("diff -n t -f -".split(" "), {
    stdin: widget("w", { size: 2 }),
  });
  assert.equal(diff.code, 1, diff.stderr);
  assert.match(diff.stdout, /^- +size: 1\n\+ +size: 2$/m);
  assert.match(
    await kubectl.ok("apply -n t -f -", widget("w", { size: 2 })),
    /configured/,
  );
  const edit = await kubectl.run("edit widget w -n t".split(" "), {
    env: { KUBE_EDITOR: "sed -i s/size:.2/size:\\ 5/" },
  });
  assert.match(edit.stdout, /edited/, edit.stderr);
  assert.equal(
    await kubectl.ok("get wd w -n t -o jsonpath={.spec.size}"),
    "5",
  );
  await kubectl.ok("label widget w -n t a=b");
  await kubectl.ok("annotate widget w -n t c=d");
  assert.match(await kubectl.ok("get widgets -n t -l a=b"), /^w /m);
});

test("server-side apply names the other manager, and takes over by force", async (kubectl) => {
  const apply = "apply -n t --server-side -f -";
  await kubectl.ok(`${apply} --field-manager=one`, widget("w", { size: 1 }));
  const error = await kubectl.fails(
    `${apply} --field-manager=two`,
    widget("w", { size: 2 }),
  );
  assert.match(error, /conflict with "one": \.spec\.size/);
  await kubectl.ok(
    `${apply} --field-manager=two --force-conflicts`,
    widget("w", { size: 2 }),
  );
  assert.match(
    await kubectl.ok("get widget w -n t -o yaml --show-managed-fields"),
    /manager: two\n +operation: Apply/,
  );
});

test("validation errors, from the client's side and from the server's", async (kubectl) => {
  const odd: JsonObject = { ...widget("w"), spc: {} };
  assert.match(
    await kubectl.fails("apply -n t -f -", odd),
    /unknown field "spc"/,
  );
  assert.match(
    await kubectl.fails("apply -n t -f -", widget("w", { size: 11 })),
    /The Widget "w" is invalid: .*spec.size: Invalid value: 11: .*less than or equal to 10/s,
  );
});

test("patches of each type, scale and the status subresource", async (kubectl) => {
  await kubectl.ok("create configmap m -n t --from-literal=a=1");
  await kubectl.ok(`patch cm m -n t -p {"data":{"b":"2"}}`);
  await kubectl.ok(`patch cm m -n t --type=merge -p {"data":{"a":null}}`);
  await kubectl.ok(
    `patch cm m -n t --type=json -p [{"op":"add","path":"/data/c","value":"3"}]`,
  );
  assert.equal(
    await kubectl.ok("get cm m -n t -o jsonpath={.data}"),
    '{"b":"2","c":"3"}',
  );
  await kubectl.ok("apply -n t -f -", widget("w", { size: 1 }));
  await kubectl.ok("scale widget w -n t --replicas=4");
  await kubectl.ok(
    `patch widget w -n t --subresource=status --type=merge -p {"status":{"ready":4}}`,
  );
  await kubectl.ok(
    "wait -n t widget/w --for=jsonpath={.status.ready}=4 --timeout=5s",
  );
  assert.equal(
    await kubectl.ok("get widget w -n t -o jsonpath={.spec.size}"),
    "4",
  );
});

test("get in its forms, with selectors, sorted, and explained", async (kubectl) => {
  await kubectl.ok("apply -n t -f -", widget("a", { color: "red" }));
  await kubectl.ok("apply -n t -f -", widget("b", { color: "blue" }));
  assert.match(await kubectl.ok("get wd -A"), /^NAMESPACE +NAME +AGE\nt +a /);
  assert.match(
    await kubectl.ok(
      "get widgets -n t --field-selector spec.color=blue -o name",
    ),
    /^widget.example.com\/b\n$/,
  );
  assert.match(
    await kubectl.ok("get widgets -n t --sort-by=.spec.color -o name"),
    /b\n.*a\n/,
  );
  assert.match(await kubectl.ok("get widgets -n t -o yaml"), /^kind: List$/m);
  assert.match(
    await kubectl.ok("explain widget.spec.size"),
    /FIELD: size <integer>/,
  );
  assert.match(await kubectl.ok("describe widget a -n t"), /Color: +red/);
  assert.match(
    await kubectl.ok("api-resources --api-group=example.com"),
    /widgets +wd +example.com\/v1 +true +Widget/,
  );
  assert.match(
    await kubectl.ok("get crd"),
    /^NAME +SCOPE +VERSIONS +CREATED AT\nwidgets.example.com +Namespaced +v1\(storage\)/,
  );
});

test("get -w prints what happens", async (kubectl) => {
  const seen = kubectl.until(
    "get widgets -n t -w --output-watch-events",
    /DELETED +w /,
  );
  await kubectl.ok("apply -n t -f -", widget("w", { size: 1 }));
  // The watch has begun once it shows the object; only then is its deletion an event.
  await seen.started;
  await kubectl.ok("delete widget w -n t");
  assert.match(await seen.output, /ADDED +w /);
});

test("delete waits for finalizers and takes dependents along", async (kubectl) => {
  await kubectl.ok("create configmap owner -n t");
  const uid = await kubectl.ok("get cm owner -n t -o jsonpath={.metadata.uid}");
  await kubectl.ok("apply -n t -f -", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "dependent",
      ownerReferences: [
        { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid },
      ],
    },
  });
  await kubectl.ok("delete cm owner -n t --cascade=foreground --timeout=5s");
  assert.match(await kubectl.fails("get cm dependent -n t"), /NotFound/);
  await kubectl.ok("delete ns t --timeout=10s");
  assert.match(await kubectl.fails("get ns t"), /NotFound/);
});

test("auth: can-i, whoami, tokens of ServiceAccounts and their limits", async (kubectl) => {
  await kubectl.ok("create sa robot -n t");
  await kubectl.ok(
    "create role reader -n t --verb=get,list --resource=widgets",
  );
  await kubectl.ok(
    "create rolebinding reads -n t --role=reader --serviceaccount=t:robot",
  );
  const token = (await kubectl.ok("create token robot -n t")).trim();
  const robot = `--token=${token}`;
  assert.match(
    await kubectl.ok(`auth whoami ${robot}`),
    /system:serviceaccount:t:robot/,
  );
  await kubectl.ok(`get widgets -n t ${robot}`);
  assert.match(
    await kubectl.fails(`get secrets -n t ${robot}`),
    /secrets is forbidden: User "system:serviceaccount:t:robot" cannot list resource "secrets" in API group "" in the namespace "t"/,
  );
  assert.match(
    await kubectl.ok(
      "auth can-i --list -n t --as=system:serviceaccount:t:robot",
    ),
    /widgets.example.com +\[\] +\[\] +\[get list\]/,
  );
  assert.match(await kubectl.fails(`get ns --token=nonsense`), /Unauthorized/);
});
