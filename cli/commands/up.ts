import { Duration, type KubeObject } from "../../api/meta.ts";
import { Repository } from "../../api/repository.ts";
import { auditOf, auditOptions } from "../audit_options.ts";
import { defineCommand } from "../command.ts";
import { checkDeviceUrl, leadsToItself } from "../device_server.ts";
import { encryptionOf, encryptionOptions } from "../encryption_options.ts";
import { UsageError } from "../errors.ts";
import { parseListenAddress } from "../listen_address.ts";
import { loggerOf, logOptions } from "../log_options.ts";
import { parseRef } from "../../gitops/source/ref.ts";
import { parseRemote } from "../../gitops/source/remote.ts";
import { checkFlag } from "../repository/check_flag.ts";
import { hereOrUrl } from "../repository/here_or_url.ts";
import { settleMemory } from "../settle_memory.ts";

/** Name of the Repository that `--repository` makes. */
const REPOSITORY = "fleet";

/** `faros up` */
export const command = defineCommand({
  description:
    "Runs a hub with its own Kubernetes API server in one process; all that lasts is\nin one folder. Says 'ready' when both serve. DIR/admin.kubeconfig has a context\nroot and one for each workspace. Where a 'faros hub' leads at this API, 'ready'\nnames it, and this hub does the work when that ends.",
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
      description:
        "Where the Kubernetes API is served; port 0 takes a free one",
    },
    "hub-listen": {
      type: "string",
      value: "HOST:PORT",
      description:
        "Where the hub's own API is served, on the same host [default: port 6444, or a free one where --listen has port 0]",
    },
    "advertise-url": {
      type: "string",
      value: "URL",
      description:
        "URL that devices reach the Kubernetes API at, where that is another",
    },
    "hub-url": {
      type: "string",
      value: "URL",
      description:
        "URL that devices reach the hub's own API at, where that is another",
    },
    repository: {
      type: "string",
      value: "URL",
      description: "Git repository of the fleet to sync; or a folder here",
    },
    branch: {
      type: "string",
      value: "NAME",
      default: "main",
      description: "Its branch",
    },
    interval: {
      type: "string",
      value: "DURATION",
      default: "1m",
      description: "How often to look for commits",
    },
    ...encryptionOptions,
    ...auditOptions,
    ...logOptions,
  },
  examples: [
    { run: "faros up --data /var/lib/faros", does: "Run on this machine" },
    {
      run: "faros up --repository https://example.com/fleet.git --interval 30s",
      does: "Sync a fleet from Git",
    },
    {
      run:
        "faros up --listen 0.0.0.0:6443 --advertise-url https://faros.example.com:6443 --hub-url https://faros.example.com:6444",
      does: "Serve devices elsewhere",
    },
  ],
  async run({ options, io, signal }) {
    const api = parseListenAddress("listen", options.listen);
    const hub = parseListenAddress(
      "hub-listen",
      options["hub-listen"] ??
        `${hostText(api.hostname)}:${api.port === 0 ? 0 : api.port + 1}`,
    );
    const { branch, interval } = options;
    checkDeviceUrl("advertise-url", options["advertise-url"]);
    checkDeviceUrl("hub-url", options["hub-url"]);
    const url = options.repository && await hereOrUrl(options.repository);
    if (url) checkFlag("repository", url, parseRemote);
    checkFlag("branch", branch, (name) => parseRef({ branch: name }));
    if (!Duration.safeParse(interval).success) {
      throw new UsageError(
        `--interval is ${
          JSON.stringify(interval)
        }; it is a duration such as 30s, 5m or 1h30m`,
      );
    }
    const { startUp } = await import("../../hub/up.ts");
    const { builtinPlugins } = await import("../../plugins/mod.ts");
    await using up = await startUp({
      dataDir: options.data,
      hostname: api.hostname,
      apiPort: api.port,
      hubPort: hub.port,
      advertiseUrl: options["advertise-url"],
      hubURL: options["hub-url"],
      encryption: await encryptionOf(options, io),
      audit: await auditOf(options),
      catalogue: await builtinPlugins(),
      log: loggerOf(options),
      signal,
    });
    // Where a `faros hub` leads, this one serves, and does the work when that ends.
    const leader = await Promise.race([up.leading, up.standby]);
    if (url) {
      const repository: KubeObject & { spec: unknown } = {
        apiVersion: Repository.apiVersion,
        kind: Repository.kind,
        metadata: { name: REPOSITORY },
        spec: { url, ref: { branch }, interval },
      };
      await up.client.apply(Repository, repository, {
        fieldManager: "faros-cli",
        force: true,
        signal,
      });
    }
    const standby = leader ? ` leader=${leader}` : "";
    io.out(`ready api=${up.apiUrl} hub=${up.hubUrl}${standby}`);
    settleMemory();
    io.err(`
Next:
  export KUBECONFIG=${up.kubeconfigPath}
  kubectl get workspaces,repositories
  kubectl faros agent generate NAME -w WORKSPACE -f NAME.kubeconfig
`);
    const everywhere = ["0.0.0.0", "::"].includes(api.hostname);
    if (everywhere && leadsToItself(up.apiUrl)) {
      io.err(
        `It listens on all addresses, and devices are told ${up.apiUrl}, which each takes for itself: give --advertise-url and --hub-url, URLs that they reach it at.`,
      );
    }
    await up.finished;
  },
});

function hostText(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
