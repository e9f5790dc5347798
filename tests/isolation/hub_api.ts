import { HUB_API } from "../../api/names.ts";
import { ClaimType } from "../../api/protocol/claims.ts";
import type { TestDevice } from "../hub/device.ts";
import { type Answer, type Ask, Http } from "./http.ts";
import { isSuccess, type Trial } from "./trial.ts";
import type { Actor, Joined, World } from "./world.ts";

/** The hub's own HTTP API: its list of workspaces, and what devices renew their credentials by. */
export async function tryHubApi(
  trial: Trial,
  { world, actors }: { world: World; actors: Actor[] },
): Promise<void> {
  const { hubURL, caData } = world;
  using http = new Http({ origin: new URL(hubURL).origin, caData });
  await tryWorkspaces(trial, { world, actors, http });
  await tryRenewal(trial, { world, http });
}

async function tryWorkspaces(
  trial: Trial,
  { world, actors, http }: { world: World; actors: Actor[]; http: Http },
): Promise<void> {
  const { own, other, root } = world;
  const path = `${HUB_API}/workspaces`;
  const asks: Ask[] = [
    { method: "GET", path: `${path}/${other.workspace}` },
    { method: "GET", path: `${path}/${own.workspace}/../${other.workspace}` },
    {
      method: "GET",
      path: `${path}/${own.workspace}%2f..%2f${other.workspace}`,
    },
    { method: "GET", path: `${path}/${encodeURIComponent("*")}` },
    { method: "GET", path: `${path}/?name=${other.workspace}` },
    { method: "DELETE", path: `${path}/${other.workspace}` },
    { method: "DELETE", path: `${path}/${own.workspace}` },
    {
      method: "POST",
      path,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ metadata: { name: "mine" }, spec: {} }),
    },
  ];
  const list: Ask = { method: "GET", path };
  const all = await http.send(list, root.token);
  for (const actor of actors) {
    const said = await http.send(list, actor.token);
    trial.judge(actor, list, {
      answer: said,
      expected: actor.part === "anonymous" ? "refused" : "allowed",
      live: isSuccess(all) && all.text.includes(other.workspace),
    });
    if (said.text.includes(other.workspace)) {
      trial.find(actor, list, "does not list the other", said);
    }
    for (const ask of asks) {
      // Nothing here can be tried without doing it; reading shows that the way is right.
      const right = await http.send(
        { method: "GET", path: ask.path },
        root.token,
      );
      const answer = await http.send(ask, actor.token);
      trial.judge(actor, ask, {
        answer,
        expected: "nothing",
        live: isSuccess(right),
      });
      const listing = ask.path.includes("?");
      if (isSuccess(answer) && !listing) {
        trial.find(actor, ask, "is refused", answer);
      }
    }
  }
}

/** One device asks for another's new credential. */
async function tryRenewal(
  trial: Trial,
  { world, http }: { world: World; http: Http },
): Promise<void> {
  const { own, other } = world;
  const [mine, sibling] = own.devices as [Joined, Joined];
  const actor = world.actorOf(mine);
  for (
    const [namespace, theirs] of [
      [other.workspace, other.devices[0]!],
      [own.workspace, sibling],
    ] as const
  ) {
    const right = await renew(http, {
      namespace,
      enrollment: theirs.device.id,
      signer: theirs.device,
    });
    for (
      const claimed of [
        { namespace, enrollment: theirs.device.id },
        { namespace, enrollment: mine.device.id },
        { namespace: own.workspace, enrollment: theirs.device.id },
        {
          namespace: `${own.workspace}/../${namespace}`,
          enrollment: theirs.device.id,
        },
      ]
    ) {
      if (
        claimed.namespace === own.workspace &&
        claimed.enrollment === mine.device.id
      ) continue;
      const answer = await renew(http, { ...claimed, signer: mine.device });
      const ask = {
        method: "POST",
        path: `${HUB_API}/devices/credential`,
        body: JSON.stringify(claimed),
      };
      trial.judge(actor, ask, {
        answer,
        expected: "nothing",
        live: isSuccess(right),
      });
      if (isSuccess(answer)) trial.find(actor, ask, "is refused", answer);
    }
  }
}

async function renew(
  http: Http,
  { signer, ...of }: {
    namespace: string;
    enrollment: string;
    signer: TestDevice;
  },
): Promise<Answer> {
  const post = (path: string, body: unknown) =>
    http.send({
      method: "POST",
      path: `${HUB_API}/devices/${path}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }, undefined);
  const asked = await post("challenge", of);
  if (!isSuccess(asked)) return asked;
  const claim = { ...of, challenge: JSON.parse(asked.text).challenge };
  const proof = await signer.sign(claim, ClaimType.renewal);
  return await post("credential", { ...claim, proof });
}
