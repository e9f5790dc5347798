import { auditOf, auditOptions } from "../audit_options.ts";
import { defineCommand } from "../command.ts";
import { encryptionOf, encryptionOptions } from "../encryption_options.ts";
import { checkDeviceUrl } from "../device_server.ts";
import { UsageError } from "../errors.ts";
import { parseListenAddress } from "../listen_address.ts";
import { settleMemory } from "../settle_memory.ts";
import { aborted } from "../signals.ts";

/** `faros apiserver` */
export const command = defineCommand({
  description:
    "Runs the embedded Kubernetes API server alone, without anything of Faros: to\ntest any controller against. Says 'ready' when it serves; the administrator's\nkubeconfig is at DIR/admin.kubeconfig.",
  options: {
    data: {
      type: "string",
      value: "DIR",
      default: "./faros-data",
      description: "Folder for all that lasts",
    },
    listen: {
      type: "string",
      value: "HOST:PORT",
      default: "127.0.0.1:6443",
      description: "Where to serve; port 0 takes a free one",
    },
    "advertise-url": {
      type: "string",
      value: "URL",
      description: "URL that clients reach it at, where that is another",
    },
    ...encryptionOptions,
    ...auditOptions,
    builtins: {
      type: "string",
      value: "SET",
      default: "default",
      description:
        "Built-in kinds: default, or all of Kubernetes as plain data",
    },
  },
  examples: [
    {
      run: "faros apiserver --data /tmp/kube",
      does: "Serve, with data in a folder",
    },
    {
      run: "KUBECONFIG=/tmp/kube/admin.kubeconfig kubectl get namespaces",
      does: "Then, in another terminal: use it",
    },
    {
      run: "faros apiserver --builtins all",
      does:
        "Serve Pods, Deployments and all other kinds, too; nothing runs them",
    },
  ],
  async run({ options, io, signal }) {
    const address = parseListenAddress("listen", options.listen);
    const advertiseUrl = options["advertise-url"];
    checkDeviceUrl("advertise-url", advertiseUrl);
    const builtins = readBuiltins(options.builtins);
    const { startApiServer } = await import("../../apiserver/mod.ts");
    await using server = await startApiServer({
      dataDir: options.data,
      ...address,
      builtins,
      ...(advertiseUrl ? { advertiseUrl } : {}),
      encryption: await encryptionOf(options, io),
      audit: await auditOf(options),
    });
    io.out(`ready ${server.url}`);
    settleMemory();
    io.err(`export KUBECONFIG=${options.data}/admin.kubeconfig`);
    await aborted(signal);
  },
});

function readBuiltins(text: string): "default" | "all" {
  if (text === "default" || text === "all") return text;
  throw new UsageError(
    `--builtins must be default or all, found ${JSON.stringify(text)}`,
  );
}
