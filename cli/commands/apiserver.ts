import { defineCommand } from "../command.ts";
import { encryptionOf, encryptionOptions } from "../encryption_options.ts";
import { parseListenAddress } from "../listen_address.ts";
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
  ],
  async run({ options, io, signal }) {
    const address = parseListenAddress("listen", options.listen);
    const advertiseUrl = options["advertise-url"];
    const { startApiServer } = await import("../../apiserver/mod.ts");
    await using server = await startApiServer({
      dataDir: options.data,
      ...address,
      ...(advertiseUrl ? { advertiseUrl } : {}),
      encryption: await encryptionOf(options, io),
    });
    io.out(`ready ${server.url}`);
    io.err(`export KUBECONFIG=${options.data}/admin.kubeconfig`);
    await aborted(signal);
  },
});
