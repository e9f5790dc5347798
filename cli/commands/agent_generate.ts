import * as core from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Registration } from "../../api/registration.ts";
import { KUBECONFIG_EXTENSION } from "../../api/names.ts";
import {
  type Kubeconfig,
  parseKubeconfig,
  stringifyKubeconfig,
  writeKubeconfig,
} from "../../kube/kubeconfig.ts";
import { isAlreadyExists, isNotFound } from "../../kube/kube_api_error.ts";
import { checkAgentName } from "../agent_name.ts";
import { type Cluster, workspaceOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { checkDeviceUrl, leadsToItself } from "../device_server.ts";
import { requireJoinFile } from "../join_file.ts";
import { findWorkspace } from "../workspaces/find_workspace.ts";
import { openWorkspace } from "../workspaces/open_workspace.ts";
import { waitForReady } from "../wait.ts";

/** A Secret as a Registration makes it. */
interface JoinSecret extends KubeObject {
  data?: Record<string, string>;
}

/** `faros agent generate` */
export const command = defineCommand({
  description:
    "Writes the kubeconfig that a device joins with. It holds the join token of a\nRegistration, which is made where it is not there yet; the device makes its\nown key and gets its own credential with it.",
  arguments: [{ name: "NAME", description: "Name of the agent" }],
  options: {
    ...workspaceOptions,
    file: {
      type: "string",
      short: "f",
      value: "FILE",
      required: true,
      description:
        "Where to write the kubeconfig (mode 0600), or - for standard output",
    },
    registration: {
      type: "string",
      value: "NAME",
      description: "The Registration to join by [default: the agent's name]",
    },
    server: {
      type: "string",
      value: "URL",
      description:
        "URL that the device reaches the API server at [default: what the Registration says]",
    },
  },
  examples: [
    {
      run: "faros agent generate press-1 -w factory-a -f press-1.kubeconfig",
      does: "Let press-1 join factory-a",
    },
    {
      run: "KUBECONFIG=press-1.kubeconfig faros agent",
      does: "On the device, then: run its agent",
    },
    {
      run:
        "faros agent generate press-2 --registration line -w factory-a -f press-2.kubeconfig",
      does: "Join by a Registration that many devices share",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    checkAgentName(name, "NAME");
    checkDeviceUrl("server", options.server);
    // Before anything is made in the workspace.
    if (options.file !== "-") await requireJoinFile(options.file);
    using cluster = await openWorkspace(options, io);
    const { namespace } = cluster;
    const registration = options.registration ?? name;
    if (
      await ensureRegistration(registration, { cluster, namespace, signal })
    ) {
      io.err(`registration.edge.faros.sh/${registration} created`);
    }
    const ready = await waitForReady<Registration>(Registration, registration, {
      client: cluster.client,
      namespace,
      signal,
    });
    const kubeconfig = await joinKubeconfig(ready, {
      cluster,
      agent: name,
      server: options.server,
      signal,
    });
    if (options.file === "-") io.write(stringifyKubeconfig(kubeconfig));
    else {
      await writeKubeconfig(options.file, kubeconfig);
      io.err(
        `Wrote ${options.file}. On the device: KUBECONFIG=${options.file} faros agent`,
      );
    }
    const server = kubeconfig.clusters[0]?.cluster.server ?? "";
    if (leadsToItself(server)) {
      io.err(
        `It names ${server}, which is this machine only. For devices elsewhere start the hub with --advertise-url and --hub-url, URLs that they reach it at.`,
      );
    }
  },
});

/** Makes the Registration where it is not there; resolves to whether it was made. */
async function ensureRegistration(
  name: string,
  { cluster: hub, namespace, signal }: {
    cluster: Cluster;
    namespace: string;
    signal: AbortSignal;
  },
): Promise<boolean> {
  const { client } = hub;
  if (await client.tryGet(Registration, name, { namespace, signal })) {
    return false;
  }
  const object: KubeObject & { spec: unknown } = {
    apiVersion: Registration.apiVersion,
    kind: Registration.kind,
    metadata: { name, namespace },
    spec: {},
  };
  try {
    await client.create(Registration, object, {
      fieldManager: "faros-cli",
      signal,
    });
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false; // Somebody else was faster.
    // Which workspaces there are says more than that its namespace is missing.
    if (isNotFound(error)) await findWorkspace(namespace, { hub, signal });
    throw error;
  }
}

async function joinKubeconfig(
  registration: Registration,
  { cluster, agent, server, signal }: {
    cluster: Cluster;
    agent: string;
    server: string | undefined;
    signal: AbortSignal;
  },
): Promise<Kubeconfig> {
  const { name, namespace = "" } = registration.metadata;
  const secretName = registration.status?.secretRef?.name;
  if (!secretName) {
    throw new Error(
      `Cannot write a kubeconfig: Registration ${name} is Ready but has no status.secretRef`,
    );
  }
  const secret = await cluster.client.get<JoinSecret>(core.Secret, secretName, {
    namespace,
    signal,
  });
  const made = secret.data?.kubeconfig;
  if (!made) {
    throw new Error(
      `Cannot write a kubeconfig: Secret ${namespace}/${secretName} has none`,
    );
  }
  const kubeconfig = parseKubeconfig(
    new TextDecoder().decode(Uint8Array.fromBase64(made)),
    { source: `Secret ${namespace}/${secretName}` },
  );
  const [entry] = kubeconfig.contexts;
  return {
    ...kubeconfig,
    "current-context": agent,
    clusters: kubeconfig.clusters.map(({ name, cluster }) => ({
      name,
      cluster: { ...cluster, ...(server ? { server } : {}) },
    })),
    contexts: [{
      name: agent,
      context: {
        ...entry!.context,
        extensions: (entry!.context.extensions ?? []).map((
          { name, extension },
        ) => ({
          name,
          extension: name === KUBECONFIG_EXTENSION
            ? { agent, ...extension as object }
            : extension,
        })),
      },
    }],
  };
}
