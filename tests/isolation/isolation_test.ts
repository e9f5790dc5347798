/**
 * What is one workspace's is no other's: generated requests by everybody who
 * is somebody in a workspace, on each engine.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as core from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { waitUntil } from "../../cli/demo/wait_until.ts";
import type { KubeClient } from "../../kube/client.ts";
import { findKubectl } from "../e2e/kubectl.ts";
import { embedded } from "../engines/embedded.ts";
import type { Engine } from "../engines/engine.ts";
import { kcp } from "../engines/kcp.ts";
import { kubernetes } from "../engines/kubernetes.ts";
import { seededRandom } from "../random.ts";
import { tryEscalations } from "./escalations.ts";
import { tryExistence } from "./existence.ts";
import { tryExports } from "./exports.ts";
import { tryHubApi } from "./hub_api.ts";
import { tryKubectl } from "./kubectl.ts";
import { actorsOf, tryMatrix } from "./matrix.ts";
import { tryReviews } from "./reviews.ts";
import { trySelectors } from "./selectors.ts";
import { makeTargets, type Targets } from "./targets.ts";
import { Trial } from "./trial.ts";
import { tryTokenSecrets } from "./token_secrets.ts";
import { tryTricks } from "./tricks.ts";
import { contentOf } from "./unchanged.ts";
import { startWorld, type World } from "./world.ts";

const engines: readonly Engine[] = [embedded, kubernetes, kcp];

/** Fewer than that, and something is not tried any more. */
const AT_LEAST = 2000;

/** Longest wait for a hole that was made, in milliseconds. */
const TIMEOUT = 60_000;

/** What nobody has success with here, and why. */
const IMPOSSIBLE: [name: RegExp, reason: string][] = [
  [
    /^(pods|services|nodes)\/(attach|exec|log|portforward|proxy)\b/,
    "there is no node",
  ],
  [/^(bindings|pods\/binding) create/, "a Pod is bound once, to a node"],
  [/^componentstatuses get/, "there are none"],
  [
    /^workspaces\.tenancy\.kcp\.io: /,
    "a tenant has no workspaces below its own",
  ],
  [
    /^logicalclusters\.core\.kcp\.io (create|delete|deletecollection)/,
    "it comes and goes with its workspace",
  ],
  [
    /^(apibindings|apiexports)\.apis\.kcp\.io\/status/,
    "only kcp itself writes it",
  ],
  [/^podcertificaterequests\b/, "only a node's own are taken"],
];

for (const engine of engines) {
  const { missing } = engine;
  Deno.test({
    name: `on ${engine.name}: nobody gets anything of another workspace${
      missing ? ` (skipped: ${missing})` : ""
    }`,
    ignore: missing !== undefined,
    async fn(t) {
      const seed = Number(Deno.env.get("ISOLATION_SEED") ?? Date.now() % 1e9);
      const random = seededRandom(seed);
      const repeat = `ISOLATION_SEED=${seed} repeats it`;
      await using world = await startWorld(engine);
      const targets = await makeTargets(world);
      assert.deepEqual(targets.problems.filter(isNotImpossible), []);
      const trial = new Trial(world.http, { secrets: [world.other.marker] });
      const actors = actorsOf(world);
      const all = { world, targets, random, actors };
      const step = async (name: string, run: () => Promise<void>) => {
        await t.step(name, async () => {
          const before = trial.findings.length;
          await run();
          assert.deepEqual(trial.findings.slice(before), [], repeat);
        });
      };

      await step("by selectors", () => trySelectors(trial, all));
      const content = await contentOf(world, targets);
      await step("by every verb on every kind", () => tryMatrix(trial, all));
      await step("by escalation", () => tryEscalations(trial, all));
      await step("by Secrets of tokens", () => tryTokenSecrets(trial, all));
      await step("by asking the authorizer", () => tryReviews(trial, all));
      await step("by what errors say", () => tryExistence(trial, all));
      await step("by odd paths", () => tryTricks(trial, all));
      await step("by the hub's own API", () => tryHubApi(trial, all));
      if (world.hubBase !== world.own.base) {
        await step("by kcp's exports", () => tryExports(trial, all));
      }
      if (findKubectl()) {
        await step("by kubectl", async () => {
          const dir = await Deno.makeTempDir();
          try {
            await tryKubectl(trial, { world, dir });
          } finally {
            await Deno.remove(dir, { recursive: true });
          }
        });
      }
      await t.step("nothing of it has changed", async () => {
        assert.deepEqual(await contentOf(world, targets), content);
      });
      await t.step("the attempts are ones that succeed elsewhere", () => {
        const names = [...trial.inertNames].map(([name, why]) =>
          `${name}: ${why}`
        );
        assert.deepEqual(names.filter(isNotImpossible), [], repeat);
        assert.ok(trial.counted >= AT_LEAST, `${trial.counted} attempts`);
        console.log(
          `${trial.counted} attempts, and ${trial.inert} that nobody has success with; ${repeat}`,
        );
      });
      await t.step("a hole would be found", async () => {
        await findsHole({ world, targets, seed });
      });
    },
  });
}

const RBAC = "rbac.authorization.k8s.io";
type Rules = KubeObject & { rules: unknown };
type Binding = KubeObject & { roleRef: unknown; subjects: unknown };

/** Lets a viewer of one workspace read Secrets of the other, and looks whether that is noticed. */
async function findsHole(
  { world, targets, seed }: { world: World; targets: Targets; seed: number },
): Promise<void> {
  const { own, other } = world;
  const { client, namespace } = other;
  const { viewer } = own.members;
  const { token } = viewer;
  const { user } = await client.tokenReview(token!);
  const metadata = { name: "hole", namespace };
  await client.create<Rules>(core.Role, {
    apiVersion: `${RBAC}/v1`,
    kind: "Role",
    metadata,
    rules: [{
      apiGroups: [""],
      resources: ["secrets"],
      verbs: ["get", "list"],
    }],
  });
  await client.create<Binding>(core.RoleBinding, {
    apiVersion: `${RBAC}/v1`,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: RBAC, kind: "Role", name: "hole" },
    subjects: [{ apiGroup: RBAC, kind: "User", name: user!.username }],
  });
  if (other.base !== world.hubBase) await letIn(client, user!.username);
  const findings = await waitUntil("the hole was found", async () => {
    const trial = new Trial(world.http, { secrets: [other.marker] });
    await tryMatrix(trial, {
      world,
      targets: {
        all: targets.all.filter(({ served, whose, goal }) =>
          whose === "other" && goal.address.base === other.base &&
          goal.address.namespace === namespace &&
          ["secrets", "configmaps"].includes(served.plural)
        ),
      },
      random: seededRandom(seed),
      actors: [viewer],
    });
    return trial.findings.length > 0 && trial.findings;
  }, { timeout: TIMEOUT });
  const others = findings.filter((finding) =>
    !/: GET \S*\/secrets\b/.test(finding)
  );
  assert.deepEqual(others, [], "more was found than the hole");
}

/** A workspace of kcp lets nobody in, whatever Roles they have there. */
async function letIn(client: KubeClient, name: string): Promise<void> {
  await client.create<Binding>(core.ClusterRoleBinding, {
    apiVersion: `${RBAC}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: "hole" },
    roleRef: {
      apiGroup: RBAC,
      kind: "ClusterRole",
      name: "system:kcp:workspace:access",
    },
    subjects: [{ apiGroup: RBAC, kind: "User", name }],
  });
}

function isNotImpossible(name: string): boolean {
  return !IMPOSSIBLE.some(([pattern]) => pattern.test(name));
}
