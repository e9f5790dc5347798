import { Agent } from "../../api/agent.ts";
import * as core from "../../api/core.ts";
import { Enrollment } from "../../api/enrollment.ts";
import type { Kind, Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Monitoring } from "../../api/monitoring.ts";
import { SYNC_SERVICE_ACCOUNT } from "../../api/names.ts";
import { Plugin } from "../../api/plugin.ts";
import { ClaimType, type Credential } from "../../api/protocol/claims.ts";
import { Registration } from "../../api/registration.ts";
import { Workspace } from "../../api/workspace.ts";
import { openCluster } from "../../cli/cluster.ts";
import { waitUntil } from "../../cli/demo/wait_until.ts";
import { KubeClient } from "../../kube/client.ts";
import { isTrue } from "../../kube/conditions.ts";
import { createRestClient } from "../../kube/rest_client.ts";
import { workspacePlace } from "../../kube/workspace_place.ts";
import type { Engine, RunningEngine } from "../engines/engine.ts";
import { TestDevice } from "../hub/device.ts";
import { Thermometer, thermometerKind } from "../hub/thermometer.ts";
import { type Ask, Http } from "./http.ts";
import type { Part } from "./policy.ts";

/** Longest wait for the hub, in milliseconds. */
const TIMEOUT = 60_000;

/** Somebody with a token, or nobody. */
export interface Actor {
  name: string;
  part: Part;
  token?: string;
}

/** A device that has joined. */
export interface Joined {
  agent: string;
  device: TestDevice;
  credential: Credential;
}

/** A workspace, with those who are in it. */
export interface Tenant {
  workspace: string;
  /** Path before `/api` of the server that has its objects. */
  base: string;
  namespace: string;
  /** Label `marker` of its objects, and a value in its Secrets. */
  marker: string;
  /** Reaches the workspace's server, as the administrator of all. */
  client: KubeClient;
  members: Record<"admin" | "operator" | "viewer", Actor>;
  sync: Actor;
  join: Actor;
  /** The first one's Agent runs a plugin whose config refers to `secret`. */
  devices: Joined[];
  secret: string;
}

/** Two workspaces of one hub. */
export interface World extends AsyncDisposable {
  http: Http;
  /** The administrator of all. */
  root: Actor;
  /** Path before `/api` of the hub's own server. */
  hubBase: string;
  caData: string;
  /** URL of the hub's own API. */
  hubURL: string;
  /** Whose members, devices and identities try. */
  own: Tenant;
  /** Of whose objects they are to get nothing. */
  other: Tenant;
  stranger: Actor;
  /** What a PUT says that changes nothing: the object as it is now, or else what the request says. */
  fresh(ask: Ask): Promise<string | undefined>;
  /** A device, as it asks. */
  actorOf(device: Joined): Actor;
  kubeconfig: string;
}

const PEOPLE = ["ann", "olga", "vera", "bea", "otto", "vic", "sid"] as const;

/** Starts an engine with a hub, and fills it with two workspaces. */
export async function startWorld(engine: Engine): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "faros-isolation-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const running = await engine.start({ dir, people: PEOPLE });
  stack.defer(() => running.close());
  const cluster = stack.use(
    await openCluster({ kubeconfig: running.kubeconfig }),
  );
  const { client, caData, server, kubeconfig } = cluster;
  const { origin, pathname } = new URL(server);
  const token = kubeconfig.users.find(({ user }) => user.token)?.user.token;
  if (!token) throw new Error("The administrator's kubeconfig has no token");

  const publisher = await TestDevice.make();
  await createPlugin(client, publisher);
  const tenant = (workspace: string, people: readonly string[]) =>
    startTenant(
      { workspace, people },
      { running, client, publisher, token, caData, stack },
    );
  const tag = crypto.randomUUID().slice(0, 8);
  const [own, other] = await Promise.all([
    tenant("acme", PEOPLE.slice(0, 3)),
    // A name that nobody can know by chance.
    tenant(`globex-${tag}`, PEOPLE.slice(3, 6)),
  ]);
  const stranger = await running.person("sid");
  const { hubURL } = own.devices[0]!.credential;
  const http = stack.use(new Http({ origin, caData }));
  const all = stack.move();
  return {
    http,
    async fresh({ path, body }) {
      // Of a subresource that cannot be read, the object's.
      for (const from of [path, path.replace(/\/[^/]+$/, "")]) {
        const { status, text } = await http.send(
          { method: "GET", path: from },
          token,
        );
        if (status === 200) return text;
      }
      return body;
    },
    root: { name: "root", part: "stranger", token },
    hubBase: pathname.replace(/\/$/, ""),
    caData: caData ?? "",
    hubURL,
    own,
    other,
    stranger: { name: "a stranger", part: "stranger", token: stranger.token },
    actorOf: ({ agent, credential }) => ({
      name: `device ${agent}`,
      part: "device",
      token: credential.token,
    }),
    kubeconfig: running.kubeconfig,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

interface Platform {
  running: RunningEngine;
  /** Of the hub's own server, as the administrator. */
  client: KubeClient;
  publisher: TestDevice;
  token: string;
  caData: string | undefined;
  stack: AsyncDisposableStack;
}

/** A plugin with a secret in its config, and a kind of its own. */
async function createPlugin(
  client: KubeClient,
  publisher: TestDevice,
): Promise<void> {
  const version = "1.0.0";
  const digest = `sha256:${"ab".repeat(32)}`;
  const claim = { plugin: "probe", version, digest };
  await create(client, Plugin, "probe", {
    spec: {
      versions: [{
        version,
        artifacts: [{
          url: "https://a.test/probe.js",
          digest,
          signature: await publisher.sign(claim, ClaimType.artifact),
        }],
        configSchema: {
          type: "object",
          properties: { password: { type: "string", writeOnly: true } },
        },
        kinds: [thermometerKind()],
        provides: [
          { kind: "Monitoring", type: "probe" },
          { kind: Thermometer.kind, group: Thermometer.group },
        ],
      }],
    },
  });
}

async function startTenant(
  { workspace, people }: { workspace: string; people: readonly string[] },
  platform: Platform,
): Promise<Tenant> {
  const { running, client: hub, publisher, token, caData, stack } = platform;
  const marker = `m-${crypto.randomUUID()}`;
  const logins = await Promise.all(people.map((name) => running.person(name)));
  const roles = ["admin", "operator", "viewer"] as const;
  await create(hub, Workspace, workspace, {
    labels: { marker },
    spec: {
      members: logins.map(({ user }, i) => ({ user, role: roles[i] })),
      plugins: [{ name: "probe" }],
      trust: [{ name: "test", key: publisher.keys.signing }],
    },
  });
  const { status } = await until<Workspace>(hub, Workspace, {
    name: workspace,
    what: "is Ready",
    test: ({ status }) =>
      status?.phase === "Ready" &&
      isTrue(status.conditions, "PluginKindsServed"),
  });
  const place = workspacePlace(status!.workspaceURL!);
  const { namespace } = place;
  const client = new KubeClient(
    createRestClient({ server: place.server, caData, token }),
  );
  stack.defer(() => client.close());

  const secret = "probe-password";
  await create(client, core.Secret, secret, {
    namespace,
    labels: { marker },
    stringData: { password: marker },
  });
  await create(client, Monitoring, "probe", {
    namespace,
    labels: { marker },
    spec: {
      type: "probe",
      config: {
        password: { secretKeyRef: { name: secret, key: "password" } },
      },
    },
  });
  await create(client, Registration, "line", { namespace, spec: {} });
  for (
    const [agent, plugins] of [["press-1", [{ name: "probe" }]], [
      "press-2",
      [],
    ]] as const
  ) {
    await create(client, Agent, agent, {
      namespace,
      labels: { marker },
      spec: { plugins },
    });
  }
  const { status: registered } = await until<Registration>(
    client,
    Registration,
    {
      name: "line",
      namespace,
      what: "has a join token",
      test: (object) => object.status?.secretRef,
    },
  );
  const joinToken = await secretValue(client, {
    namespace,
    name: registered!.secretRef!.name,
    key: "token",
  });
  using joining = new KubeClient(
    createRestClient({ server: place.server, caData, token: joinToken }),
  );
  const devices: Joined[] = [];
  for (const agent of ["press-1", "press-2"]) {
    devices.push(
      await joinAs(agent, {
        client,
        joining,
        namespace,
        workspace,
        token: joinToken,
      }),
    );
  }
  const account = await client.createToken(namespace, SYNC_SERVICE_ACCOUNT, {
    expirationSeconds: 3600,
  });
  const member = (i: number): Actor => ({
    name: `${workspace}'s ${roles[i]}`,
    part: roles[i]!,
    token: logins[i]!.token,
  });
  return {
    workspace,
    base: new URL(place.server).pathname.replace(/\/$/, ""),
    namespace,
    marker,
    client,
    members: { admin: member(0), operator: member(1), viewer: member(2) },
    sync: { name: `${workspace}'s sync`, part: "sync", token: account.token },
    join: { name: `${workspace}'s join token`, part: "join", token: joinToken },
    devices,
    secret,
  };
}

/** Joins as an Agent, and waits until it may all that it ever may. */
async function joinAs(
  agent: string,
  { client, joining, namespace, workspace, token }: {
    client: KubeClient;
    joining: KubeClient;
    namespace: string;
    workspace: string;
    token: string;
  },
): Promise<Joined> {
  const device = await TestDevice.make();
  await device.enroll(joining, {
    namespace,
    workspace,
    agent,
    registration: "line",
    token,
  });
  const { status } = await until<Enrollment>(client, Enrollment, {
    name: device.id,
    namespace,
    what: "has a credential",
    test: (object) => object.status?.credential,
  });
  await until<Agent>(client, Agent, {
    name: agent,
    namespace,
    what: "is assigned",
    test: (object) => object.status?.assignment,
  });
  return {
    agent,
    device,
    credential: await device.decrypt(status!.credential!),
  };
}

async function create(
  client: KubeClient,
  resource: Resource | Kind,
  name: string,
  { namespace, labels, ...fields }: {
    namespace?: string;
    labels?: Record<string, string>;
    [field: string]: unknown;
  },
): Promise<void> {
  const { group, version, kind } = resource;
  await client.create(resource, {
    apiVersion: group ? `${group}/${version}` : version,
    kind,
    metadata: {
      name,
      ...namespace ? { namespace } : {},
      ...labels ? { labels } : {},
    },
    ...fields,
  } as KubeObject, { fieldValidation: "Strict" });
}

async function until<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  { name, namespace, what, test }: {
    name: string;
    namespace?: string;
    what: string;
    test: (object: T) => unknown;
  },
): Promise<T> {
  let seen: T | undefined;
  return await waitUntil(
    `${resource.kind} ${name} ${what}`,
    async () => {
      seen = await client.get<T>(resource, name, { namespace });
      return test(seen) ? seen : undefined;
    },
    { timeout: TIMEOUT, explain: () => JSON.stringify(seen, null, 2) },
  ) as T;
}

async function secretValue(
  client: KubeClient,
  { namespace, name, key }: { namespace: string; name: string; key: string },
): Promise<string> {
  const { data } = await client.get<
    KubeObject & { data: Record<string, string> }
  >(core.Secret, name, { namespace });
  return new TextDecoder().decode(Uint8Array.fromBase64(data[key]!));
}
