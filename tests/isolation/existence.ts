import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import type { Random } from "../random.ts";
import { pathOf } from "./served.ts";
import type { Targets } from "./targets.ts";
import { isSuccess, type Trial } from "./trial.ts";
import type { Actor, World } from "./world.ts";

/** Requests under way at a time. */
const AT_ONCE = 12;

/** Everybody is told the same of what is there in the other workspace and of what is not. */
export async function tryExistence(
  trial: Trial,
  { world, targets, random, actors }: {
    world: World;
    targets: Pick<Targets, "all">;
    random: Random;
    actors: Actor[];
  },
): Promise<void> {
  const { other } = world;
  const jobs = targets.all.filter(({ whose, served }) =>
    whose === "other" && !served.subresource && served.verbs.includes("get")
  ).map((target) => ({ target, actor: random.pick(actors) }));
  await forEachLimited(jobs, AT_ONCE, async ({ target, actor }) => {
    const { served, goal: { address } } = target;
    for (const method of ["GET", "DELETE"]) {
      const absent = { ...address, name: `no-${address.name}` };
      const ask = { method, path: pathOf(served, address) };
      const askAbsent = { method, path: pathOf(served, absent) };
      const [there, gone] = await Promise.all(
        [ask, askAbsent].map(({ path }) =>
          world.http.send({ method: "GET", path }, world.root.token)
        ),
      );
      // The administrator does see the difference.
      const live = isSuccess(there!) && gone!.status === 404;
      const answer = await trial.attempt(actor, ask, {
        expected: "refused",
        live,
      });
      const other = await world.http.send(askAbsent, actor.token);
      if (answer.text !== other.text.replaceAll(absent.name, address.name)) {
        trial.find(
          actor,
          ask,
          `says the same as without it: ${other.text}`,
          answer,
        );
      }
    }
  });
  // Nor of whether the workspace itself is there.
  for (const actor of actors) {
    for (const part of ["secrets", "configmaps"]) {
      const path = (namespace: string) =>
        `${other.base}/api/v1/namespaces/${namespace}/${part}`;
      const ask = { method: "GET", path: path(other.namespace) };
      const answer = await trial.attempt(actor, ask, {
        expected: "refused",
        live: true,
      });
      const nowhere = await world.http.send(
        { method: "GET", path: path("nowhere") },
        actor.token,
      );
      if (
        answer.text !== nowhere.text.replaceAll("nowhere", other.namespace)
      ) {
        trial.find(
          actor,
          ask,
          `says the same as nowhere: ${nowhere.text}`,
          answer,
        );
      }
    }
  }
}
