import { Agent } from "../../api/agent.ts";
import * as core from "../../api/core.ts";
import { Enrollment } from "../../api/enrollment.ts";
import type { Resource } from "../../api/kind.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Plugin } from "../../api/plugin.ts";
import { Registration } from "../../api/registration.ts";
import { Revision } from "../../api/revision.ts";
import { Workspace } from "../../api/workspace.ts";
import { openCluster } from "../../cli/cluster.ts";
import { KubeClient } from "../../kube/client.ts";
import { KubeApiError } from "../../kube/kube_api_error.ts";
import { LEASES } from "../../kube/lease.ts";
import { createRestClient } from "../../kube/rest_client.ts";
import type { Environment, WorkspaceView } from "../e2e/environment.ts";
import {
  configMapManifest,
  inWorkspace,
  monitoringManifest,
  siteFiles,
} from "../e2e/manifests.ts";
import { TestDevice } from "../hub/device.ts";

/** Workspace of the tests. */
const NAME = "site-a";
const AGENTS = ["press-1", "press-2", "press-3", "press-4"] as const;

/** Kinds of what is in a workspace, whoever made it. */
const INSIDE: readonly Resource[] = [
  Agent,
  Enrollment,
  Registration,
  Revision,
  ...pluginObjectKinds,
  core.ServiceAccount,
  core.Role,
  core.RoleBinding,
  core.Secret,
  core.Event,
];

/** A workspace with devices, and ways to give the hub work there. */
export class Site {
  readonly view: WorkspaceView;
  readonly #environment: Environment;
  readonly #token: string;
  #changes = 0;

  private constructor(
    environment: Environment,
    view: WorkspaceView,
    token: string,
  ) {
    this.#environment = environment;
    this.view = view;
    this.#token = token;
  }

  /** Pushes a site, and lets its first two devices join. */
  static async start(environment: Environment): Promise<Site> {
    await environment.sync(siteFiles(NAME, { agents: AGENTS }));
    const view = await environment.in(NAME);
    const { client, namespace } = view;
    const token = await environment.until(
      "there was a join token",
      async () => {
        const { status } = await client.get<Registration>(
          Registration,
          "line",
          {
            namespace,
          },
        );
        const name = status?.secretRef?.name;
        if (!name) return;
        const { data } = await client.get<
          KubeObject & { data?: Record<string, string> }
        >(core.Secret, name, { namespace });
        return data?.token && atob(data.token);
      },
    );
    const site = new Site(environment, view, token);
    for (const agent of AGENTS.slice(0, 2)) await site.join(agent);
    return site;
  }

  /** Lets a device join, and waits until it has its credential. */
  async join(agent: string): Promise<void> {
    const { namespace, client } = this.view;
    const device = await TestDevice.make();
    using cluster = await openCluster({
      kubeconfig: (await this.#environment.engine.workspace(NAME)).kubeconfig,
    });
    const { server, caData } = cluster;
    using joining = new KubeClient(
      createRestClient({ server, caData, token: this.#token }),
    );
    await device.enroll(joining, {
      namespace,
      workspace: NAME,
      agent,
      registration: "line",
      token: this.#token,
    });
    await this.#environment.until(`${agent} had joined`, async () => {
      const { status } = await client.get<Enrollment>(Enrollment, device.id, {
        namespace,
      });
      return !!status?.credential;
    });
  }

  /** Pushes a change of what all devices are to run. @returns its commit */
  async change(): Promise<string> {
    const interval = `${10 + ++this.#changes}s`;
    return await this.#environment.push({
      [inWorkspace(NAME, "monitoring.yaml")]: monitoringManifest(interval),
    });
  }

  /** Pushes something that no device runs. */
  async add(name: string): Promise<void> {
    await this.#environment.sync({
      [inWorkspace(NAME, `${name}.yaml`)]: configMapManifest(name, "x"),
    });
  }

  /** Waits until all devices are to run what a commit says. */
  async untilAssigned(commit: string): Promise<void> {
    await this.#environment.untilApplied(commit);
    await this.#environment.until(`${commit} was assigned`, async () => {
      const { items } = await this.view.client.listAll<Agent>(Agent, {
        namespace: this.view.namespace,
      });
      return items.every(({ status }) => status?.assignment?.commit === commit);
    });
  }

  /** The resourceVersion of all objects there are. */
  async versions(): Promise<Record<string, string | undefined>> {
    const all: Record<string, string | undefined> = {};
    const look = async (
      client: KubeClient,
      resource: Resource,
      namespace?: string,
    ) => {
      const { items } = await client.listAll(resource, { namespace });
      for (const { metadata } of items) {
        all[`${resource.kind} ${metadata.name}`] = metadata.resourceVersion;
      }
    };
    for (const resource of INSIDE) {
      await look(this.view.client, resource, this.view.namespace);
    }
    for (const resource of [Workspace, Plugin]) {
      await look(this.#environment.client, resource);
    }
    return all;
  }

  /** Who holds the Lease of the hub. */
  async leader(): Promise<string | undefined> {
    const { spec } = await this.#environment.client.get<
      KubeObject & { spec?: { holderIdentity?: string } }
    >(LEASES, "faros-hub", { namespace: "faros-system" });
    return spec?.holderIdentity || undefined;
  }

  /** Waits until somebody else than `before` leads. @returns who, and how long it took, in seconds */
  async untilOtherLeads(before: string | undefined): Promise<string> {
    const started = performance.now();
    const now = await this.#environment.until(
      `another than ${before} led`,
      async () => {
        const leader = await this.leader();
        return leader !== before && leader;
      },
      { timeout: 90_000 },
    );
    const seconds = (performance.now() - started) / 1000;
    console.log(`another replica led after ${seconds.toFixed(1)} s`);
    return now;
  }

  /** How many tokens the server has been asked for since its start; undefined where it does not say so to the administrator. */
  async tokenRequests(): Promise<number | undefined> {
    const { kubeconfig } = this.#environment.engine;
    using cluster = await openCluster({ kubeconfig });
    const server = new URL(cluster.server).origin;
    using rest = createRestClient({ ...cluster.config, server });
    let text: string;
    try {
      const bytes = await rest.performRequest({
        method: "GET",
        path: "/metrics",
      });
      text = new TextDecoder().decode(bytes);
    } catch (error) {
      if (error instanceof KubeApiError && error.code === 403) return undefined;
      throw error;
    }
    return text.split("\n").filter((line) =>
      line.startsWith("apiserver_request_total{") &&
      line.includes('subresource="token"')
    ).reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Events about the Repository that say again what one has said before. */
  async repeatedEvents(): Promise<string[]> {
    const { items } = await this.#environment.client.listAll<
      KubeObject & {
        count?: number;
        reason?: string;
        message?: string;
        involvedObject: { kind: string };
      }
    >(core.Event, { namespace: "default" });
    const said = items.filter((e) => e.involvedObject.kind === "Repository")
      .flatMap(({ count = 1, reason, message }) =>
        // Without the numbers of what was changed, which differ.
        Array<string>(count).fill(`${reason}: ${message?.split(":")[0]}`)
      );
    if (said.length === 0) throw new Error("No commit was said to be applied");
    return said.filter((words, i) => said.indexOf(words) < i);
  }
}
