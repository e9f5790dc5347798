import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import type { Random } from "../random.ts";
import type { Answer, Ask } from "./http.ts";
import { mayInWorkspace } from "./policy.ts";
import type { Served } from "./served.ts";
import type { Targets } from "./targets.ts";
import { isSuccess, type Trial } from "./trial.ts";
import type { Actor, World } from "./world.ts";

const GROUP = "authorization.k8s.io";
/** Requests under way at a time. */
const AT_ONCE = 12;

/**
 * Everybody asks the authorizer what they may do: in the other workspace
 * nothing, in their own what they may.
 */
export async function tryReviews(
  trial: Trial,
  { world, targets, random, actors }: {
    world: World;
    targets: Pick<Targets, "served">;
    random: Random;
    actors: Actor[];
  },
): Promise<void> {
  const { own, other, root } = world;
  const asked = actors.filter(({ part }) => part !== "anonymous");
  const questions = targets.served.filter((s) => s.namespaced)
    .flatMap((served) => served.verbs.map((verb) => ({ served, verb })))
    .map((question) => ({
      ...question,
      actors: [random.pick(asked), random.pick(asked)],
    }));
  await forEachLimited(questions, AT_ONCE, async (question) => {
    const { served, verb } = question;
    const there = accessReview(other, served, verb);
    const live = allows(await world.http.send(there, root.token));
    for (const actor of question.actors) {
      const tell = async (ask: Ask, should: boolean) => {
        const answer = await trial.attempt(actor, ask, {
          // Nobody has to be told what they may where they are nobody.
          expected: should ? "allowed" : "nothing",
          live,
        });
        if (allows(answer) !== should) {
          const what = `says that it is ${should ? "allowed" : "refused"}`;
          trial.find(actor, ask, `${what}: ${ask.body}`, answer);
        }
      };
      await tell(there, false);
      await tell(
        accessReview(own, served, verb),
        mayInWorkspace(actor.part, served, verb),
      );
    }
  });
  for (const actor of asked) await compareRules(trial, { world, actor });
}

/** Rules that somebody has in the other workspace are those that they have where nothing is. */
async function compareRules(
  trial: Trial,
  { world, actor }: { world: World; actor: Actor },
): Promise<void> {
  const { own, other } = world;
  const ask = (namespace: string) => rulesReview(other.base, namespace);
  const there = await trial.attempt(actor, ask(other.namespace), {
    expected: "nothing",
    live: true,
  });
  const nowhere = await world.http.send(ask("nowhere"), actor.token);
  if (isSuccess(there) && rulesOf(there) !== rulesOf(nowhere)) {
    trial.find(actor, ask(other.namespace), "has no rules there", there);
  }
  if (actor.part === "stranger") return;
  const here = await world.http.send(
    rulesReview(own.base, own.namespace),
    actor.token,
  );
  if (rulesOf(here) === rulesOf(nowhere)) {
    trial.find(actor, ask(own.namespace), "has rules here", here);
  }
}

function accessReview(
  { base, namespace }: { base: string; namespace: string },
  { group, version, plural, subresource }: Served,
  verb: string,
): Ask {
  return review(base, "SelfSubjectAccessReview", {
    resourceAttributes: {
      namespace,
      group,
      version,
      resource: plural,
      ...subresource ? { subresource } : {},
      verb,
    },
  });
}

function rulesReview(base: string, namespace: string): Ask {
  return review(base, "SelfSubjectRulesReview", { namespace });
}

function review(base: string, kind: string, spec: unknown): Ask {
  return {
    method: "POST",
    path: `${base}/apis/${GROUP}/v1/${kind.toLowerCase()}s`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ apiVersion: `${GROUP}/v1`, kind, spec }),
  };
}

function allows(answer: Answer): boolean {
  return isSuccess(answer) && JSON.parse(answer.text).status?.allowed === true;
}

/** The rules that a review tells of, in an order of their own. */
function rulesOf(answer: Answer): string {
  if (!isSuccess(answer)) return answer.text;
  const { resourceRules, nonResourceRules } = JSON.parse(answer.text).status;
  return [...resourceRules, ...nonResourceRules]
    .map((rule) => JSON.stringify(rule)).sort().join("\n");
}
