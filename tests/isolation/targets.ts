import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { Goal } from "./forms.ts";
import { type Sample, sampleOf } from "./samples.ts";
import {
  type Address,
  nameOf,
  pathOf,
  type Served,
  servedBy,
} from "./served.ts";
import type { Joined, Tenant, World } from "./world.ts";

/** Something to try to reach. */
export interface Target {
  served: Served;
  goal: Goal;
  /** The other workspace's, one's own, or of no workspace. */
  whose: "other" | "own" | "outside";
  /** Of what is outside: whether it is one's own workspace's. */
  ofOwn?: boolean;
  /** Device whose own it is. */
  device?: Joined;
}

/** All that there is to reach, and what could not be made. */
export interface Targets {
  all: Target[];
  served: Served[];
  /** Why a kind has no sample. */
  problems: string[];
}

/** Names that the samples of a kind cannot share with another of the same storage. */
const SAMPLE = "sample";
/** Marker of objects that have none. */
export const UNMARKED = "none";
/** Kinds of which the workspaces have one each. */
const OF_WORKSPACES = [
  "workspaces.tenancy.faros.sh",
  "workspaces.tenancy.kcp.io",
  "namespaces",
];
/** Kinds of which a device has objects, and what they are called. */
const OF_DEVICES: Record<string, (joined: Joined) => string> = {
  "agents.edge.faros.sh": ({ agent }) => agent,
  "leases.coordination.k8s.io": ({ agent }) => agent,
  "enrollments.edge.faros.sh": ({ device }) => device.id,
  "serviceaccounts": ({ agent }) => `agent-${agent}`,
};

/** Makes an object of every kind in both workspaces and outside, and finds those that the hub made. */
export async function makeTargets(world: World): Promise<Targets> {
  const targets: Targets = { all: [], served: [], problems: [] };
  const { own, other, hubBase } = world;
  const bases = [...new Set([hubBase, own.base, other.base])];
  for (const base of bases) {
    const served = await servedBy((path) => get(world, base + path));
    targets.served.push(...served);
    const whole = served.filter(({ subresource }) => !subresource);
    const jobs = whole.flatMap((resource): (() => Promise<Target[]>)[] => {
      const parts = served.filter((s) =>
        s.group === resource.group && s.version === resource.version &&
        s.plural === resource.plural && s.subresource
      );
      const of = (
        target: Omit<Target, "served" | "goal">,
        found: Found | undefined,
      ) => found ? withParts(world, { resource, parts, target, found }) : [];
      if (!resource.namespaced) {
        // Workspaces are the hub's; namespaces are where the tenants are.
        const tenants = OF_WORKSPACES.includes(nameOf(resource))
          ? [own, other].filter((tenant) =>
            base === (resource.group ? hubBase : tenant.base)
          )
          : [];
        if (tenants.length > 0) {
          return tenants.map((tenant) => async () => {
            const name = resource.group ? tenant.workspace : tenant.namespace;
            const { marker } = tenant;
            const address = { base, name };
            const object = await read(world, pathOf(resource, address));
            const ofOwn = tenant === own;
            return await of({ whose: "outside", ofOwn }, {
              address,
              object,
              marker,
            });
          });
        }
        return [async () =>
          await of(
            {
              whose: base === other.base && base !== hubBase
                ? "other"
                : "outside",
            },
            await sample(world, resource, { base, marker: "outside", targets }),
          )];
      }
      return [own, other].filter((tenant) => tenant.base === base).flatMap(
        (tenant) => {
          const { namespace, marker } = tenant;
          const whose = tenant === own ? "own" : "other";
          return [
            async () =>
              await of(
                { whose },
                await sample(world, resource, {
                  base,
                  namespace,
                  marker,
                  targets,
                }),
              ),
            ...named(resource, tenant).map(
              ({ name, device }) => async () => {
                const address = { base, namespace, name };
                const object = await read(world, pathOf(resource, address));
                return await of({ whose, device }, { address, object, marker });
              },
            ),
          ];
        },
      );
    });
    if (base === hubBase) jobs.push(...ofTheHub(world, whole));
    await forEachLimited(jobs, 8, async (job) => {
      targets.all.push(...await job());
    });
  }
  // Whatever came first.
  targets.all.sort((a, b) => id(a) < id(b) ? -1 : 1);
  return targets;
}

/** Objects that are no workspace's: the hub's keys, the cluster's own. */
function ofTheHub(
  world: World,
  resources: readonly Served[],
): (() => Promise<Target[]>)[] {
  const { hubBase: base } = world;
  return resources.filter(({ namespaced, verbs }) =>
    namespaced && verbs.includes("list") && verbs.includes("get")
  ).flatMap((resource) =>
    [SYSTEM_NAMESPACE, "kube-system"].map((namespace) => async () => {
      const { items } = await get(
        world,
        pathOf(resource, { base, namespace }),
      ) as { items: Sample[] };
      const [object] = items;
      if (!object) return [];
      const address = { base, namespace, name: object.metadata!.name! };
      const goal = { address, object, marker: UNMARKED };
      return [{ served: resource, goal, whose: "other" as const }];
    })
  );
}

interface Found {
  address: Address & { name: string };
  object: Sample;
  marker: string;
}

/** Objects that are there for other reasons. */
function named(
  resource: Served,
  tenant: Tenant,
): { name: string; device?: Joined }[] {
  const kind = nameOf(resource);
  const ofDevice = OF_DEVICES[kind];
  const [first] = tenant.devices;
  return [
    ...ofDevice
      ? tenant.devices.map((device) => ({ name: ofDevice(device), device }))
      : [],
    ...kind === "secrets" ? [{ name: tenant.secret, device: first! }] : [],
    ...kind === "secrets" ? [{ name: "join-line" }] : [],
    ...kind === "serviceaccounts" ? [{ name: "faros-sync" }] : [],
  ];
}

async function withParts(
  world: World,
  { resource, parts, target, found }: {
    resource: Served;
    parts: Served[];
    target: Omit<Target, "served" | "goal">;
    found: Found;
  },
): Promise<Target[]> {
  const whole = { ...target, served: resource, goal: found };
  return [
    whole,
    ...await Promise.all(parts.map(async (served) => {
      const object =
        served.verbs.includes("update") && served.verbs.includes("get")
          ? await read(world, pathOf(served, found.address)).catch(() =>
            found.object
          )
          : found.object;
      return { ...target, served, goal: { ...found, object } };
    })),
  ];
}

/** An object of a kind, made if need be; undefined where there can be none, and then why is said. */
async function sample(
  world: World,
  resource: Served,
  { base, namespace, marker, targets }: {
    base: string;
    namespace?: string;
    marker: string;
    targets: Targets;
  },
): Promise<Found | undefined> {
  // One storage under two names.
  const name = resource.group === "events.k8s.io" ? `${SAMPLE}-new` : SAMPLE;
  const made = sampleOf(resource, { name, namespace, marker });
  const address = { base, namespace, name: made.metadata?.name ?? name };
  if (!resource.verbs.includes("get")) return { address, object: made, marker };
  const path = pathOf(resource, { base, namespace });
  const existing = async (): Promise<Found | undefined> => {
    if (!resource.verbs.includes("list")) return undefined;
    const { items } = await get(world, path) as { items: Sample[] };
    const [object] = items;
    if (!object) return undefined;
    const name = object.metadata!.name!;
    return { address: { ...address, name }, object, marker: UNMARKED };
  };
  // Making more of what servers consist of would change what they are.
  const found = /\.kcp\.io$/.test(resource.group) && await existing();
  if (found) return found;
  if (resource.verbs.includes("create")) {
    const { status, text } = await world.http.send({
      method: "POST",
      path,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(made),
    }, world.root.token);
    if (status !== 201 && status !== 409) {
      const found = await existing();
      if (found) return found;
      targets.problems.push(`${nameOf(resource)}: ${text.trim()}`);
      return { address, object: made, marker };
    }
  }
  const object = await read(world, pathOf(resource, address))
    .catch(() => made);
  return { address, object, marker };
}

async function read(world: World, path: string): Promise<Sample> {
  return await get(world, path) as Sample;
}

async function get(world: World, path: string): Promise<unknown> {
  const { status, text } = await world.http.send(
    { method: "GET", path },
    world.root.token,
  );
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
  return JSON.parse(text);
}

function id({ served, goal }: Target): string {
  return pathOf(served, goal.address);
}
