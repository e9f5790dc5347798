import { followCertificate, readCertificate } from "../follow_certificate.ts";
import { LinkedSignal } from "../../kube/linked_signal.ts";
import { hubKinds } from "../../kube/kcp/exports.ts";
import { openKcp } from "../../kube/kcp/open_kcp.ts";
import { clusterOptions, openCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { findEngine } from "../find_engine.ts";
import { checkDeviceUrl } from "../device_server.ts";
import { UsageError } from "../errors.ts";
import { parseListenAddress } from "../listen_address.ts";
import { loggerOf, logOptions } from "../log_options.ts";
import { settleMemory } from "../settle_memory.ts";

/** `faros hub` */
export const command = defineCommand({
  description:
    "Runs the hub against a Kubernetes API server. Several may run: one of them, the\nholder of a Lease, does the work. It keeps no state but what can be made again.",
  options: {
    ...clusterOptions,
    engine: {
      type: "string",
      value: "kubernetes|kcp",
      description:
        "What the API server is: workspaces are namespaces of a Kubernetes cluster, or\nworkspaces of kcp [default: found out by asking it]",
    },
    "kcp-workspace": {
      type: "string",
      value: "PATH",
      default: "root:faros",
      description:
        "On kcp: the hub's own workspace, made where it is not there; those of tenants\nare below it",
    },
    data: {
      type: "string",
      value: "DIR",
      default: "./faros-hub",
      description: "Folder for what can be made again: clones, artifacts",
    },
    listen: {
      type: "string",
      value: "HOST:PORT",
      default: "127.0.0.1:8443",
      description: "Where the hub's own API is served; port 0 takes a free one",
    },
    "tls-cert": {
      type: "string",
      value: "FILE",
      description:
        "Certificate (PEM) of the hub's own API; without one it speaks HTTP, for a proxy before it",
    },
    "tls-key": {
      type: "string",
      value: "FILE",
      description: "Its key (PEM)",
    },
    "hub-url": {
      type: "string",
      value: "URL",
      description:
        "URL that devices reach the hub's own API at [default: where it listens]",
    },
    "hub-ca": {
      type: "string",
      value: "FILE",
      description:
        "CA (PEM) behind that URL [default: that of the Kubernetes API]",
    },
    "advertise-url": {
      type: "string",
      value: "URL",
      description:
        "URL that devices reach the Kubernetes API at [default: that of the kubeconfig]",
    },
    ...logOptions,
  },
  examples: [
    {
      run: "faros hub --kubeconfig admin.kubeconfig",
      does: "Run against a cluster, from outside",
    },
    {
      run: "faros hub --kubeconfig .kcp/admin.kubeconfig --engine kcp",
      does: "Run against kcp",
    },
    {
      run:
        "faros hub --listen 0.0.0.0:8443 --tls-cert tls.crt --tls-key tls.key --hub-url https://faros.example.com:8443",
      does: "Serve devices elsewhere",
    },
  ],
  async run({ options, io, signal }) {
    const listen = parseListenAddress("listen", options.listen);
    checkDeviceUrl("advertise-url", options["advertise-url"]);
    checkDeviceUrl("hub-url", options["hub-url"]);
    const cert = options["tls-cert"];
    const key = options["tls-key"];
    if (!cert !== !key) {
      throw new UsageError("--tls-cert and --tls-key go together");
    }
    const files = cert && key ? { cert, key } : undefined;
    const tls = files && await readCertificate(files);
    const log = loggerOf(options);
    const hubCA = options["hub-ca"];
    const { startHub } = await import("../../hub/start_hub.ts");
    const { builtinPlugins } = await import("../../plugins/mod.ts");
    using cluster = await openCluster(options, io, { http2: false });
    const url = options["advertise-url"] ?? cluster.server;
    const engine = options.engine ?? await findEngine(cluster, signal);
    if (engine !== "kubernetes" && engine !== "kcp") {
      throw new UsageError(
        `--engine is ${JSON.stringify(engine)}; it is kubernetes or kcp`,
      );
    }
    await using kcp = engine === "kcp"
      ? await openKcp({
        config: cluster.config,
        path: options["kcp-workspace"],
        server: url,
        compare: (await import("../../hub/compare_schemas.ts")).compareSchemas,
        log,
        signal,
      })
      : undefined;
    await using hub = await startHub({
      client: kcp?.client ?? cluster.client,
      provider: kcp?.provider,
      kinds: kcp ? hubKinds : undefined,
      engine: { url, caData: cluster.caData },
      listen,
      tls,
      hubURL: options["hub-url"],
      hubCAData: hubCA ? await Deno.readTextFile(hubCA) : undefined,
      catalogue: await builtinPlugins(),
      stateDir: options.data,
      log,
      signal,
    });
    io.out(`ready hub=${hub.url} api=${cluster.server} engine=${engine}`);
    settleMemory();
    using following = new LinkedSignal(signal);
    if (files && tls) {
      followCertificate(files, {
        current: tls,
        use: (certificate) => hub.useCertificate(certificate),
        log,
        signal: following.signal,
      });
    }
    try {
      await hub.finished;
    } finally {
      following.abort();
    }
  },
});
