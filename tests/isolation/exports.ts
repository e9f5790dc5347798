import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import {
  APIExportEndpointSlice,
  CLUSTER_ANNOTATION,
} from "../../kube/kcp/kinds.ts";
import { pluginExport } from "../../kube/kcp/plugin_exports.ts";
import { resourcePath } from "../../kube/resource.ts";
import { waitUntil } from "../../cli/demo/wait_until.ts";
import { Thermometer } from "../hub/thermometer.ts";
import type { Answer, Ask } from "./http.ts";
import { dryRun } from "./matrix.ts";
import { describeAsk, pathOf } from "./served.ts";
import { isSuccess, type Trial } from "./trial.ts";
import type { Actor, World } from "./world.ts";

/** Requests under way at a time. */
const AT_ONCE = 8;

/** Longest wait for kcp, in milliseconds. */
const TIMEOUT = 60_000;

/** The APIExport of a plugin's own kinds. */
const OF_PLUGIN = pluginExport("probe");

const SLICES = {
  ...APIExportEndpointSlice,
  verbs: [],
};

/**
 * What kcp has beside its workspaces: everybody tries to read all workspaces
 * where the hub does, through the virtual workspaces of its APIExports; and
 * somebody with a workspace of their own tries to bind them there.
 */
export async function tryExports(
  trial: Trial,
  { world, actors }: { world: World; actors: Actor[] },
): Promise<void> {
  await forEachLimited(await reads(world), AT_ONCE, async (ask) => {
    const live = await trial.control(ask, {
      token: world.root.token,
      name: "read through an export",
    });
    for (const actor of actors) {
      await trial.attempt(actor, ask, { expected: "refused", live });
    }
  });
  await tryBinding(trial, world);
}

async function reads(world: World): Promise<Ask[]> {
  const { hubBase, other } = world;
  const { items } = await get(
    world,
    pathOf(SLICES, { base: hubBase }),
  ) as {
    items: {
      spec: { export: { name: string } };
      status?: { endpoints?: { url: string }[] };
    }[];
  };
  const { metadata } = await get(
    world,
    `${other.base}/apis/core.kcp.io/v1alpha1/logicalclusters/cluster`,
  ) as { metadata: { annotations: Record<string, string> } };
  const cluster = metadata.annotations[CLUSTER_ANNOTATION]!;
  const kinds: Record<string, string[]> = {
    "edge.faros.sh": [
      "/apis/edge.faros.sh/v1alpha1/agents",
      "/apis/edge.faros.sh/v1alpha1/enrollments",
      // Claimed by it.
      "/api/v1/secrets",
      "/api/v1/serviceaccounts",
      "/apis/rbac.authorization.k8s.io/v1/roles",
    ],
    "plugins.faros.sh": ["/apis/plugins.faros.sh/v1alpha1/monitorings"],
    [OF_PLUGIN]: [resourcePath(Thermometer)],
  };
  return items.flatMap(({ spec, status }) =>
    (status?.endpoints ?? []).flatMap(({ url }) =>
      (kinds[spec.export.name] ?? []).flatMap((path) =>
        ["*", cluster].flatMap((where) => {
          const all = `${new URL(url).pathname}/clusters/${where}${path}`;
          return [
            { method: "GET", path: all },
            {
              method: "GET",
              path: `${all}?watch=true&timeoutSeconds=1`,
              stream: true,
            },
          ];
        })
      )
    )
  );
}

/** Somebody who may do everything in a workspace of their own still may not bind Faros's kinds there. */
async function tryBinding(trial: Trial, world: World): Promise<void> {
  const { root, stranger, hubBase } = world;
  const parent = hubBase.replace(/:[^:]*$/, "");
  const name = `mine-${crypto.randomUUID().slice(0, 8)}`;
  const base = `${parent}:${name}`;
  await post(world, `${parent}/apis/tenancy.kcp.io/v1alpha1/workspaces`, {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: "Workspace",
    metadata: { name },
    spec: { type: { path: "root", name: "universal" } },
  });
  const rbac = "rbac.authorization.k8s.io";
  await post(world, `${base}/apis/${rbac}/v1/clusterrolebindings`, {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: "mine" },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: rbac, kind: "User", name: "sid" }],
  });
  // So it is theirs.
  await retry(
    world,
    { method: "GET", path: `${base}/api/v1/secrets` },
    stranger.token,
  );
  for (const group of ["edge.faros.sh", "plugins.faros.sh", OF_PLUGIN]) {
    const ask: Ask = {
      method: "POST",
      path: `${base}/apis/apis.kcp.io/v1alpha2/apibindings`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        apiVersion: "apis.kcp.io/v1alpha2",
        kind: "APIBinding",
        metadata: { name: `mine-${group}` },
        spec: {
          reference: {
            export: { path: hubBase.replace("/clusters/", ""), name: group },
          },
        },
      }),
    };
    const live = await trial.control(dryRun(ask), {
      token: root.token,
      name: "bind an export",
    });
    await trial.attempt(stranger, ask, { expected: "refused", live });
  }
}

async function post(world: World, path: string, body: unknown): Promise<void> {
  await retry(world, {
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }, world.root.token);
}

/** A new workspace lets somebody in a moment later than it is there. */
async function retry(
  { http }: World,
  ask: Ask,
  token: string | undefined,
): Promise<void> {
  let answer: Answer | undefined;
  await waitUntil(`${describeAsk(ask)} succeeded`, async () => {
    answer = await http.send(ask, token);
    return isSuccess(answer) || answer.status === 409;
  }, { timeout: TIMEOUT, explain: () => answer?.text ?? "" });
}

async function get({ http, root }: World, path: string): Promise<unknown> {
  const { status, text } = await http.send(
    { method: "GET", path },
    root.token,
  );
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
  return JSON.parse(text);
}
