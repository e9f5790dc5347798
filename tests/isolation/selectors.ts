import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import type { Ask } from "./http.ts";
import { isSuccess, type Trial } from "./trial.ts";
import type { Actor, World } from "./world.ts";

/** Those who may list something of their own try to get more of it: by selectors, by where a list goes on. */
export async function trySelectors(
  trial: Trial,
  { world }: { world: World },
): Promise<void> {
  await tryLists(trial, world);
  await tryNames(trial, world);
  await tryWatch(trial, world);
}

/** Requests under way at a time; a watch that sees nothing takes its second. */
const AT_ONCE = 24;

/** Lists and deletions of the own namespace that name the other one. */
async function tryLists(trial: Trial, world: World): Promise<void> {
  const { own, other, root, http } = world;
  const { admin, viewer } = own.members;
  const at = (place: { base: string; namespace: string }, query: string) =>
    `${place.base}/api/v1/namespaces/${place.namespace}/configmaps?${query}`;
  const page = await http.send(
    { method: "GET", path: at(other, "limit=1") },
    root.token,
  );
  const { continue: next } = JSON.parse(page.text).metadata;
  await forEachLimited(
    [
      `labelSelector=marker%3D${other.marker}`,
      `fieldSelector=metadata.namespace%3D${other.namespace}`,
      `fieldSelector=metadata.namespace!%3D${own.namespace}`,
      `labelSelector=marker,marker!%3D${own.marker}`,
      ...next ? [`limit=1&continue=${encodeURIComponent(next)}`] : [],
      "resourceVersion=0&resourceVersionMatch=NotOlderThan",
    ].flatMap((query) => [admin, viewer].map((actor) => ({ query, actor }))),
    AT_ONCE,
    async ({ query, actor }) => {
      const right = await http.send(
        { method: "GET", path: at(other, query) },
        root.token,
      );
      for (const more of ["", "&watch=true&timeoutSeconds=1"]) {
        const ask: Ask = {
          method: "GET",
          path: at(own, query + more),
          stream: more !== "",
        };
        await trial.attempt(actor, ask, {
          expected: "nothing",
          live: isSuccess(right),
        });
      }
      await trial.attempt(actor, { method: "DELETE", path: at(other, query) }, {
        expected: "refused",
        live: isSuccess(right),
      });
    },
  );
}

/** A device, whom its Role lets ask for one name only, asks for one and means another. */
async function tryNames(trial: Trial, world: World): Promise<void> {
  const { own, http, root } = world;
  const [first, second] = own.devices;
  const mine = first!.agent;
  const its = second!.agent;
  const actor = world.actorOf(first!);
  const path =
    `${own.base}/apis/edge.faros.sh/v1alpha1/namespaces/${own.namespace}/agents`;
  const equal = (name: string) => `fieldSelector=metadata.name%3D${name}`;
  await forEachLimited(
    [
      `${path}?${equal(mine)}&${equal(its)}`,
      `${path}?${equal(its)}&${equal(mine)}`,
      `${path}?${equal(mine)},metadata.name%3D${its}`,
      `${path}?${equal(its)},metadata.name%3D${mine}`,
      `${path}?fieldSelector=metadata.name!%3D${mine}`,
      `${path}?fieldSelector=metadata.name!%3D${its},metadata.name%3D${mine}`,
      `${path}?${equal(mine)},metadata.name!%3D${mine}`,
      `${path}?fieldSelector=metadata.name%20in%20(${mine},${its})`,
      `${path}?fieldSelector=metadata.name%3D%3D${its}`,
      `${path}?fieldselector=metadata.name%3D${mine}`,
      `${path}?fieldSelector=metadata.name%3D`,
      `${path}?labelSelector=metadata.name%3D${mine}`,
      `${path}/${mine}?${equal(its)}`,
      `${path}/${its}?${equal(mine)}`,
      `${path}/${its}?watch=true&timeoutSeconds=1&${equal(mine)}`,
      `${path}/${mine}/../${its}`,
      `${path}/${mine}%2f..%2f${its}`,
      `${path}/${mine},${its}`,
    ].flatMap((ask) =>
      ["", "watch=true&timeoutSeconds=1"].map((more) => ({ ask, more }))
    ),
    AT_ONCE,
    async ({ ask, more }) => {
      const request: Ask = {
        method: "GET",
        path: `${ask}${ask.includes("?") ? "&" : "?"}${more}`,
        stream: more !== "",
      };
      const right = await http.send(request, root.token);
      const answer = await trial.attempt(actor, request, {
        expected: "nothing",
        live: isSuccess(right),
      });
      if (isSuccess(answer) && answer.text.includes(second!.device.id)) {
        trial.find(actor, request, "shows no other device", answer);
      }
      if (isSuccess(answer) && answer.text.includes(`"name":"${its}"`)) {
        trial.find(actor, request, "shows no other Agent", answer);
      }
    },
  );
}

/** Who watches their own workspace sees nothing of what happens in the other meanwhile. */
async function tryWatch(trial: Trial, world: World): Promise<void> {
  const { own, other, http, root } = world;
  const path = (place: { base: string; namespace: string }, name = "") =>
    `${place.base}/api/v1/namespaces/${place.namespace}/configmaps${name}`;
  const touch = (place: { base: string; namespace: string }) =>
    http.send({
      method: "PATCH",
      path: path(place, "/sample"),
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ data: { touched: crypto.randomUUID() } }),
    }, root.token);
  const { items, metadata } = JSON.parse(
    (await http.send({ method: "GET", path: path(own) }, root.token)).text,
  );
  // First what is to stay unseen; then what ends the waiting.
  for (const place of [other, other, own]) {
    if (!isSuccess(await touch(place))) {
      throw new Error("Cannot touch a sample");
    }
  }
  const watchers: Actor[] = [own.members.admin, own.members.viewer, own.sync];
  for (const actor of watchers) {
    const ask: Ask = {
      method: "GET",
      path: `${
        path(own)
      }?watch=true&timeoutSeconds=5&resourceVersion=${metadata.resourceVersion}`,
      stream: true,
    };
    const answer = await trial.attempt(actor, ask, {
      expected: "allowed",
      live: items.length > 0,
    });
    if (!answer.text.includes(`"namespace":"${own.namespace}"`)) {
      trial.find(actor, ask, "shows the own change first", answer);
    }
  }
}
