import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import type { Random } from "../random.ts";
import { type Form, formsOf } from "./forms.ts";
import type { Ask } from "./http.ts";
import {
  DEVICE_OWN,
  isQuestion,
  mayInWorkspace,
  mayOutside,
} from "./policy.ts";
import { nameOf } from "./served.ts";
import { type Target, type Targets, UNMARKED } from "./targets.ts";
import type { Expected, Trial } from "./trial.ts";
import type { Actor, World } from "./world.ts";

/** Requests under way at a time. */
const AT_ONCE = 12;

/** Groups of which somebody has something: tried in all forms. Of others the first form, and one that chance picks. */
const OFTEN = /^($|rbac\.|coordination\.|.*faros\.sh$)/;

/** All who try: everybody of the own workspace, and those who are nobody there. */
export function actorsOf({ own, stranger, actorOf }: World): Actor[] {
  return [
    ...Object.values(own.members),
    own.sync,
    own.join,
    ...own.devices.map(actorOf),
    stranger,
    { name: "nobody", part: "anonymous" },
  ];
}

/** Everybody tries every verb on everything. */
export async function tryMatrix(
  trial: Trial,
  { world, targets, random, actors = actorsOf(world) }: {
    world: World;
    targets: Pick<Targets, "all">;
    random: Random;
    actors?: Actor[];
  },
): Promise<void> {
  const jobs = targets.all.flatMap((target) => {
    const { served, goal, whose } = target;
    const often = OFTEN.test(served.group);
    return served.verbs.flatMap((verb) => {
      const forms = formsOf(served, verb, { goal, random });
      return (often ? forms : [...new Set([forms[0]!, random.pick(forms)])])
        .map((form) => ({
          target,
          form,
          dry: random.int(5) === 0,
          tries: often && whose !== "other" ? actors : some(actors, random),
        }));
    });
  });
  await forEachLimited(jobs, AT_ONCE, async (job) => {
    const { target, form, dry, tries } = job;
    const { served, goal } = target;
    const { verb, reach } = form;
    const ask = verb === "update"
      ? { ...form.ask, body: await world.fresh(form.ask) }
      : form.ask;
    const reads = ["get", "list", "watch"].includes(verb);
    const live = await trial.control(reads ? ask : dryRun(ask), {
      token: world.root.token,
      name: `${nameOf(served)} ${verb}`,
      ...reads && !served.subresource && target.whose === "other" &&
          !form.ask.path.includes(`marker%3D${UNMARKED}`)
        ? {
          shows: reach === "object" || goal.marker === UNMARKED
            ? goal.address.name
            : goal.address.namespace ?? goal.marker,
        }
        : {},
    });
    // What succeeds in one's own place shall change nothing there.
    const tried = reads || target.whose === "other" && !dry ? ask : dryRun(ask);
    for (const actor of tries) {
      await trial.attempt(actor, tried, {
        expected: expectedOf(actor, { target, form }),
        live,
      });
    }
  });
}

function expectedOf(
  actor: Actor,
  { target, form }: { target: Target; form: Form },
): Expected {
  const { served, whose, device, ofOwn = false } = target;
  const { verb, reach } = form;
  // Who am I, what may I: not even where the answer is "nothing" has it to be told.
  if (isQuestion(served)) return "nothing";
  let may: boolean;
  if (whose === "other" || reach === "all namespaces") may = false;
  else if (whose === "outside") {
    const one = reach === "object" || reach === "new";
    may = mayOutside(actor.part, served, { verb, own: ofOwn && one });
  } else {
    may = mayInWorkspace(actor.part, served, verb) ||
      reach === "object" && device !== undefined &&
        actor.token === device.credential.token &&
        !!DEVICE_OWN[nameOf(served)]?.includes(verb);
  }
  return may ? "allowed" : "refused";
}

/** A third of them: the others have their turn at the next request. */
function some(actors: Actor[], random: Random): Actor[] {
  const few = Math.ceil(actors.length / 3);
  const first = random.int(actors.length);
  return Array.from(
    { length: few },
    (_, i) => actors[(first + i) % actors.length]!,
  );
}

/** The same, only that nothing is stored. */
export function dryRun(ask: Ask): Ask {
  const { path } = ask;
  return { ...ask, path: `${path}${path.includes("?") ? "&" : "?"}dryRun=All` };
}
