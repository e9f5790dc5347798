import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import type { Random } from "../random.ts";
import { RawClient } from "../soak/fuzz/raw_client.ts";
import type { Answer, Ask } from "./http.ts";
import { isSuccess, type Trial } from "./trial.ts";
import type { Actor, World } from "./world.ts";

/** Connections at a time. */
const AT_ONCE = 8;

/** Where a trick starts from. */
interface Place {
  base: string;
  /** One's own namespace and the other's. */
  own: string;
  other: string;
  /** Path from a namespace on: `secrets/sample` */
  rest: string;
  /** `/api/v1` or `/apis/edge.faros.sh/v1alpha1` */
  group: string;
  /** Of the servers, where each workspace has its own. */
  bases: { own: string; other: string };
}

type Trick = (place: Place) => string;

const plain: Trick = ({ bases, group, other, rest }) =>
  `${bases.other}${group}/namespaces/${other}/${rest}`;

/** Ways to write a path so that who decides and who answers may read it differently. */
const TRICKS: Record<string, Trick> = {
  "as it is": plain,
  "up and down": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}/../${other}/${rest}`,
  "up and down, dots encoded": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}/%2e%2e/${other}/${rest}`,
  "up and down, all encoded": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}%2F..%2F${other}/${rest}`,
  "up and down, all of it encoded": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}%2f%2E%2E%2f${other}/${rest}`,
  "up and down, encoded twice": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}%252f%252e%252e%252f${other}/${rest}`,
  "up and down, longer than need be": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}/%c0%ae%c0%ae/${other}/${rest}`,
  "up and down, backslashes": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}\\..\\${other}/${rest}`,
  "up from a resource": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}/configmaps/../../${other}/${rest}`,
  "up from a name, encoded": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}/${
      rest.split("/")[0]
    }/..%2f..%2f${other}%2f${encodeURIComponent(rest)}`,
  "a slash in the namespace": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}%2f${other}/${rest}`,
  "namespaces within each other": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}/namespaces/${other}/${rest}`,
  "slashes doubled": ({ base, group, other, rest }) =>
    `${base}/${group}//namespaces//${other}//${rest}`,
  "a slash in front": (place) => `/${plain(place)}`,
  "a slash behind": (place) => `${plain(place)}/`,
  "dots that go nowhere": ({ base, group, other, rest }) =>
    `${base}/.${group}/./namespaces/${other}/./${rest}`,
  "letters encoded": ({ base, group, other, rest }) =>
    `${base}${group}/namespaces/${encoded(other)}/${rest}`,
  "letters of the resource encoded": ({ base, group, other, rest }) =>
    `${base}${group}/namespaces/${other}/${encoded(rest.split("/")[0]!)}${
      rest.replace(/^[^/]*/, "")
    }`,
  "slashes encoded": ({ base, group, other, rest }) =>
    `${base}${group}/namespaces%2f${other}%2f${rest.replaceAll("/", "%2f")}`,
  "a zero byte": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}%00${other}/${rest}`,
  "a line break": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}%0d%0a${other}/${rest}`,
  "a parameter of a segment": ({ base, group, other, rest }) =>
    `${base}${group}/namespaces/${other};x=y/${rest}`,
  "upper case": ({ base, group, other, rest }) =>
    `${base}${group.toUpperCase()}/Namespaces/${other.toUpperCase()}/${rest}`,
  "any namespace": ({ base, group, rest }) =>
    `${base}${group}/namespaces/*/${rest}`,
  "any namespace, encoded": ({ base, group, rest }) =>
    `${base}${group}/namespaces/%2a/${rest}`,
  "no namespace": ({ base, group, rest }) =>
    `${base}${group}/namespaces//${rest}`,
  "a dash for a namespace": ({ base, group, rest }) =>
    `${base}${group}/namespaces/-/${rest}`,
  "any resource": ({ base, group, other }) =>
    `${base}${group}/namespaces/${other}/*`,
  "all namespaces by a selector": ({ base, group, other, rest }) =>
    `${base}${group}/${
      rest.split("/")[0]
    }?fieldSelector=metadata.namespace%3D${other}`,
  "another namespace by a selector": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}/${
      rest.split("/")[0]
    }?fieldSelector=metadata.namespace%3D${other}`,
  "another namespace as a parameter": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}/${rest}?namespace=${other}`,
  "a query within the path": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${own}%3f/../${other}/${rest}`,
  "a fragment": ({ base, group, own, other, rest }) =>
    `${base}${group}/namespaces/${other}/${rest}#/namespaces/${own}`,
  "the old way to watch": ({ base, group, other, rest }) =>
    `${base}${group}/watch/namespaces/${other}/${rest}?timeoutSeconds=1`,
  "the old way to a proxy": ({ base, group, other, rest }) =>
    `${base}${group}/proxy/namespaces/${other}/${rest}`,
  "by a redirect": ({ base, group, other, rest }) =>
    `${base}${group}/redirect/namespaces/${other}/${rest}`,
  "watched, and then not": (place) =>
    `${plain(place)}?watch=false&watch=true&timeoutSeconds=1`,
  "a whole URL": (place) => `https://127.0.0.1${plain(place)}`,
  "another's URL": (place) => `https://a.test${plain(place)}`,
  "a cluster": ({ group, other, rest }) =>
    `/clusters/root:faros:${other}${group}/namespaces/default/${rest}`,
  "a cluster by its parent": ({ group, own, other, rest }) =>
    `/clusters/root:faros:${own}/../root:faros:${other}${group}/namespaces/default/${rest}`,
  "a cluster, encoded": ({ group, own, other, rest }) =>
    `/clusters/root:faros:${own}%2f..%2froot:faros:${other}${group}/namespaces/default/${rest}`,
  "all clusters": ({ group, rest }) => `/clusters/*${group}/${rest}`,
  "all clusters, encoded": ({ group, rest }) => `/clusters/%2a${group}/${rest}`,
  "a cluster within one": ({ base, bases, group, other, rest }) =>
    `${base}${
      bases.other || `/clusters/${other}`
    }${group}/namespaces/${other}/${rest}`,
  "an export": ({ group, rest }) =>
    `/services/apiexport/root:faros/edge.faros.sh/clusters/*${group}/${rest}`,
  "up from an export": ({ group, other, rest }) =>
    `/services/apiexport/root/x/clusters/*/../../../../..${group}/namespaces/${other}/${rest}`,
};

/** How a request may say that it is another. */
const DISGUISES: Record<string, string>[] = [
  {},
  {},
  { "x-http-method-override": "GET" },
  { "x-original-url": "/version", "x-rewrite-url": "/version" },
  { "x-forwarded-user": "system:admin", "x-remote-user": "system:admin" },
  { "x-remote-group": "system:masters", "x-remote-user": "root" },
  { "x-kubernetes-cluster": "*", "x-kcp-cluster": "*" },
  { connection: "authorization" },
];

const KINDS: [group: string, plural: string, name: string][] = [
  ["/api/v1", "secrets", "sample"],
  ["/api/v1", "secrets", "probe-password"],
  ["/api/v1", "configmaps", "sample"],
  ["/api/v1", "events", "sample"],
  ["/apis/edge.faros.sh/v1alpha1", "agents", "press-1"],
  ["/apis/plugins.faros.sh/v1alpha1", "monitorings", "probe"],
  ["/apis/coordination.k8s.io/v1", "leases", "sample"],
  ["/apis/rbac.authorization.k8s.io/v1", "roles", "sample"],
];

/**
 * Everybody writes paths to the other workspace's objects in odd ways, byte by
 * byte as no library would.
 */
export async function tryTricks(
  trial: Trial,
  { world, random, actors }: { world: World; random: Random; actors: Actor[] },
): Promise<void> {
  const { own, other } = world;
  const jobs = Object.entries(TRICKS).flatMap(([name, trick]) =>
    KINDS.flatMap(([group, plural, object]) =>
      [plural, `${plural}/${object}`].flatMap((rest) =>
        [...new Set([own.base, other.base])].map((base) => ({
          name,
          headers: random.pick(DISGUISES),
          path: trick({
            base,
            bases: { own: own.base, other: other.base },
            own: own.namespace,
            other: other.namespace,
            group,
            rest,
          }),
          actors: [
            // Who may read just that in their own workspace.
            own.members.admin,
            random.pick(actors),
          ],
        }))
      )
    )
  );
  const clients = Array.from({ length: AT_ONCE }, () => rawClient(world));
  const idle = [...clients];
  try {
    await forEachLimited(jobs, AT_ONCE, async (job) => {
      const client = idle.pop()!;
      const { path, headers } = job;
      const ask: Ask = { method: "GET", path, headers };
      const right = await sendRaw(client, ask, world.root.token);
      // Where not even the administrator gets there, it is no way.
      const live = isSuccess(right) && right.text.includes(other.marker);
      for (const actor of job.actors) {
        const answer = await sendRaw(client, ask, actor.token);
        trial.judge(actor, ask, { answer, expected: "nothing", live });
        if (live && isSuccess(answer)) {
          trial.find(actor, ask, `is refused (${job.name})`, answer);
        }
      }
      await mayNotWrite(trial, { client, ask, world, random, live });
      idle.push(client);
    });
  } finally {
    for (const client of clients) client.close();
  }
}

/** The same way, to change something: whether it did is seen by those who look at all of it in the end. */
async function mayNotWrite(
  trial: Trial,
  { client, ask, world, random, live }: {
    client: RawClient;
    ask: Ask;
    world: World;
    random: Random;
    live: boolean;
  },
): Promise<void> {
  // Its own objects must stay: no selector and no own path ends in one.
  const { own } = world;
  const actor = random.pick(Object.values(own.members));
  if (
    own.base
      ? ask.path.startsWith(own.base)
      : ask.path.includes(`/${own.namespace}/`)
  ) return;
  const write = { ...ask, method: random.pick(["DELETE", "PATCH", "PUT"]) };
  const answer = await sendRaw(client, write, actor.token);
  trial.judge(actor, write, { answer, expected: "nothing", live });
  if (isSuccess(answer)) trial.find(actor, write, "changes nothing", answer);
}

function rawClient({ http, caData }: World): RawClient {
  const { hostname, port } = new URL(http.origin);
  return new RawClient({
    hostname,
    port: Number(port),
    caData,
    timeoutMs: 30_000,
    streamMs: 300,
  });
}

async function sendRaw(
  client: RawClient,
  { method, path, headers }: Ask,
  token: string | undefined,
): Promise<Answer> {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    ...token ? [`authorization: Bearer ${token}`] : [],
    ...Object.entries(headers ?? {}).map(([name, value]) =>
      `${name}: ${value}`
    ),
    ...method === "GET" ? [] : ["content-length: 0"],
  ];
  const bytes = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  const { status, body } = await client.send(bytes, { method });
  return { status, text: new TextDecoder().decode(body) };
}

/** The first letter percent-encoded. */
function encoded(text: string): string {
  return `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`;
}
