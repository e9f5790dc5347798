/**
 * What the hub tells others of a Repository: the status of its commits, on a
 * forge, and its Events.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { Event, Secret } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import {
  AGENT_MANAGER,
  PULL_REQUESTS_REQUESTED_ANNOTATION,
  SYSTEM_NAMESPACE,
} from "../api/names.ts";
import { Repository } from "../api/repository.ts";
import { senders } from "../gitops/webhook/senders.ts";
import { startRecordingServer } from "../gitops/testing/recording_server.ts";
import { startUp } from "../hub/mod.ts";
import { getCondition } from "../kube/conditions.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { makeGitRepository } from "./gitops/git_repository.ts";

const WAIT = { timeout: 60_000 };
const workspace = `apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: {name: a}
`;
const agent = (spec: string) =>
  `apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press}
spec: ${spec}
`;

async function start() {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "faros-forge-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const git = stack.use(await makeGitRepository());
  const forge = stack.use(startRecordingServer());
  const up = stack.use(await startUp({ dataDir: dir }));
  await up.leading;
  const { client } = up;
  const secret = (name: string, stringData: Record<string, string>) =>
    client.apply(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: SYSTEM_NAMESPACE },
      stringData,
    } as KubeObject, { fieldManager: "test", force: true });
  const follow = (spec: Partial<Repository["spec"]>) =>
    client.apply(Repository, {
      apiVersion: Repository.apiVersion,
      kind: "Repository",
      metadata: { name: "fleet" },
      spec: { url: git.path, ...spec },
    } as KubeObject, { fieldManager: "test", force: true });
  const fleet = () => client.get<Repository>(Repository, "fleet");
  const all = stack.move();
  return {
    up,
    client,
    git,
    forge,
    secret,
    follow,
    fleet,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test("a forge is told of each commit: pending, applied, converged, failed; one that is away holds up nothing", async (t) => {
  await using env = await start();
  const { client, git, forge, secret, follow, fleet } = env;
  const told = () =>
    forge.requests.map(({ path, body }) => {
      const { state, description, context } = JSON.parse(body);
      assert.equal(context, "faros/fleet");
      return `${path.split("/").at(-1)!.slice(0, 7)} ${state}: ${description}`;
    });
  const untilTold = async (wanted: string) => {
    await eventually(() => told().includes(wanted), {
      ...WAIT,
      what: wanted,
    }).catch((error) => {
      throw new Error(`${error}; it was told ${told().join("\n")}`);
    });
  };
  await secret("forge", { token: "s3cret" });
  const first = await git.push({
    "workspaces/a/workspace.yaml": workspace,
    "workspaces/a/agents.yaml": agent("{}"),
  });
  const spec = {
    forge: {
      type: "gitea",
      url: forge.url,
      repository: "acme/fleet",
      secretRef: { name: "forge" },
    } as Repository["spec"]["forge"],
  };
  await follow(spec);

  await t.step("pending, applied, and devices are counted", async () => {
    const short = first.slice(0, 7);
    await untilTold(`${short} success: converged 0/1, 1 offline`);
    const all = told();
    assert.deepEqual(all.slice(-2), [
      `${short} success: applied: 2 objects`,
      `${short} success: converged 0/1, 1 offline`,
    ]);
    assert.equal(all[0], `${short} pending: Applying it`);
    assert.equal(
      forge.requests[0]!.path,
      `/api/v1/repos/acme/fleet/statuses/${first}`,
    );
    const { status } = await eventually(async () => {
      const object = await fleet();
      const told = object.status?.forge?.description.startsWith("converged");
      return told ? object : undefined;
    }, WAIT);
    assert.equal(
      getCondition(status?.conditions, "ForgeReported")?.reason,
      "Reported",
    );

    // What the device itself would say.
    const press = await client.get<Agent>(Agent, "press", { namespace: "a" });
    await client.apply(Agent, {
      apiVersion: Agent.apiVersion,
      kind: "Agent",
      metadata: { name: "press", namespace: "a" },
      status: {
        revision: press.status!.assignment!.revision,
        conditions: [{
          type: "UpToDate",
          status: "True",
          reason: "Applied",
          message: "",
          lastTransitionTime: new Date().toISOString(),
        }],
      },
    } as KubeObject, {
      fieldManager: AGENT_MANAGER,
      subresource: "status",
      force: true,
    });
    await untilTold(`${short} success: converged 1/1, 1 offline`);
    using http = Deno.createHttpClient({ caCerts: [env.up.caData] });
    const metrics = await fetch(`${env.up.hubUrl}/metrics`, { client: http });
    assert.match(
      await metrics.text(),
      /faros_forge_requests_total\{type="gitea",code="201"\} \d/,
    );
  });

  await t.step("the first problem of a commit that fails", async () => {
    const broken = await git.push({
      "workspaces/a/agents.yaml": agent("{plugin: []}"),
    });
    await eventually(
      () =>
        told().find((line) =>
          line.startsWith(
            `${broken.slice(0, 7)} failure: workspaces/a/agents.yaml:4`,
          )
        ),
      WAIT,
    );
  });

  await t.step(
    "a forge that is away: a condition and an Event, and the sync goes on",
    async () => {
      forge.answer = () => Response.json({ message: "down" }, { status: 503 });
      const fixed = await git.push({ "workspaces/a/agents.yaml": agent("{}") });
      const { status } = await eventually(async () => {
        const object = await fleet();
        const reported = getCondition(
          object.status?.conditions,
          "ForgeReported",
        );
        return object.status?.appliedCommit === fixed &&
            reported?.status === "False"
          ? object
          : undefined;
      }, WAIT);
      const condition = getCondition(status?.conditions, "ForgeReported")!;
      assert.equal(condition.reason, "ForgeUnreachable");
      assert.match(condition.message, /it answered 503: down; will try again/);
      assert.equal(getCondition(status?.conditions, "Ready")?.status, "True");
      const events = () => client.list(Event, { namespace: "default" });
      await eventually(
        async () => JSON.stringify(await events()).includes("ForgeUnreachable"),
        WAIT,
      );
      forge.answer = () => Response.json({}, { status: 201 });
      await untilTold(`${fixed.slice(0, 7)} success: converged 1/1, 1 offline`);
    },
  );

  await t.step(
    "notifications: the same fault once, signed, and again where a receiver fails",
    async () => {
      await using receiver = startRecordingServer();
      let failures = 2;
      receiver.answer = () =>
        new Response("", { status: failures-- > 0 ? 503 : 200 });
      await secret("chat", { address: `${receiver.url}/slack/T0KEN` });
      await secret("ops", { address: `${receiver.url}/ops`, token: "k3y" });
      await follow({
        ...spec,
        notifications: [
          { type: "generic", secretRef: { name: "ops" } },
          { type: "slack", secretRef: { name: "chat" }, events: ["Succeeded"] },
        ],
      });
      await eventually(async () => {
        const { metadata, status } = await fleet();
        return status?.observedGeneration === metadata.generation;
      }, WAIT);
      const broken = agent("{plugin: []}");
      await git.push({ "workspaces/a/agents.yaml": broken });
      const of = (path: string) =>
        receiver.requests.filter((request) => request.path === path);
      await eventually(() => of("/ops").length === 3, WAIT);
      // The same fault in another commit is none that they don't know.
      const same = await git.push({ "root/note.txt": "1" });
      await eventually(
        async () => (await fleet()).status?.observedCommit === same,
        WAIT,
      );
      const fixed = await git.push({ "workspaces/a/agents.yaml": agent("{}") });
      await eventually(() => of("/slack/T0KEN").length === 1, WAIT);
      await eventually(() => of("/ops").length === 4, WAIT);
      const bodies = of("/ops").map(({ body }) => JSON.parse(body));
      assert.equal(bodies[0].id, bodies[2].id, "the same one again");
      assert.deepEqual(
        bodies.slice(2).map(({ repository, type, reason }) => [
          repository,
          type,
          reason,
        ]),
        [["fleet", "Warning", "ManifestInvalid"], [
          "fleet",
          "Normal",
          "Succeeded",
        ]],
      );
      assert.match(bodies[2].message, /^workspaces\/a\/agents.yaml:4/);
      for (const { headers, body } of of("/ops")) {
        const verified = await senders.generic.verify({
          headers,
          body: new TextEncoder().encode(body),
        }, "k3y");
        assert.ok(verified, "a webhook of Faros would take it");
      }
      const { text } = JSON.parse(of("/slack/T0KEN")[0]!.body);
      assert.match(
        text,
        new RegExp(
          `^:white_check_mark: \\*fleet\\* Succeeded: Applied commit ${fixed}`,
        ),
      );

      // What somebody changes by hand is told of, too.
      await client.patch(Agent, "press", { spec: { paused: true } }, {
        namespace: "a",
        fieldManager: "someone",
      });
      await eventually(() => of("/ops").length === 5, WAIT);
      const { object, reason, message } = JSON.parse(of("/ops")[4]!.body);
      assert.deepEqual(
        [object, reason],
        [{ kind: "Agent", name: "press", namespace: "a" }, "DriftCorrected"],
      );
      assert.match(message, /^Agent press in a: Put back as workspaces\/a/);
      assert.equal(of("/slack/T0KEN").length, 1, "which asked for others");

      // A receiver that wants none of it is told of, without its address.
      receiver.answer = () => new Response("", { status: 410 });
      await git.push({ "workspaces/a/agents.yaml": agent("{paused: true}") });
      const found = await eventually(async () => {
        const { items } = await client.list<KubeObject & { reason: string }>(
          Event,
          { namespace: "default" },
        );
        const failed = items.filter((e) => e.reason === "NotificationFailed");
        return failed.length === 2 ? failed : undefined;
      }, WAIT);
      assert.match(JSON.stringify(found), /Secret chat: it answered 410/);
      assert.doesNotMatch(JSON.stringify(found), /T0KEN/);
      using http = Deno.createHttpClient({ caCerts: [env.up.caData] });
      const metrics = await fetch(`${env.up.hubUrl}/metrics`, { client: http });
      assert.match(
        await metrics.text(),
        /faros_notifications_total\{type="generic",result="sent"\} 3\n/,
      );
    },
  );

  await t.step(
    "pull requests: one comment, kept up to date, whatever others write, and a check",
    async () => {
      const base = await git.git("rev-parse", "HEAD");
      const marker = "<!-- faros plan of fleet -->";
      const comments = [{ id: 1, body: `${marker} mine`, user: { id: 666 } }];
      const checks: Record<string, string> = {};
      let open: { number: number; head: { sha: string } }[] = [];
      forge.answer = ({ method, path, body }) => {
        const sent = body ? JSON.parse(body) : {};
        const route = `${method} ${
          path.replace("/api/v3/repos/acme/fleet", "").replace(/\?.*/, "")
        }`;
        if (route === "GET /pulls") return Response.json(open);
        if (route.startsWith("GET /compare/main...")) {
          return Response.json({ merge_base_commit: { sha: base } });
        }
        if (path.endsWith("/user")) return Response.json({ id: 42 });
        if (route === "GET /issues/5/comments") return Response.json(comments);
        if (route === "GET /issues/6/comments") return Response.json([]);
        if (route === "POST /issues/5/comments") {
          const comment = {
            id: comments.length + 1,
            ...sent,
            user: { id: 42 },
          };
          comments.push(comment);
          return Response.json(comment, { status: 201 });
        }
        const [, id] = /^PATCH \/issues\/comments\/(\d+)$/.exec(route) ?? [];
        if (id) {
          Object.assign(comments.find((c) => String(c.id) === id)!, sent);
          return Response.json({});
        }
        const [, commit] = /^POST \/statuses\/(\w+)$/.exec(route) ?? [];
        if (commit) {
          if (sent.context.endsWith("/plan")) {
            checks[commit] = `${sent.state}: ${sent.description}`;
          }
          return Response.json({}, { status: 201 });
        }
        return Response.json({ message: route }, { status: 404 });
      };
      const pull = async (
        files: Record<string, string | null>,
        number = 5,
      ) => {
        const sha = await git.push(files, { branch: "theirs", force: true });
        // As forges do it, of forks too.
        await git.git(
          "push",
          "--quiet",
          "--force",
          "origin",
          `HEAD:refs/pull/${number}/head`,
        );
        open = [{ number, head: { sha } }];
        await client.patch(Repository, "fleet", {
          metadata: {
            annotations: { [PULL_REQUESTS_REQUESTED_ANNOTATION]: sha },
          },
        }, { type: "merge" });
        return sha;
      };
      await follow({
        ...spec,
        forge: { ...spec.forge!, type: "github", pullRequests: true },
      });
      const first = await pull({
        "workspaces/a/agents.yaml": agent("{}"),
        "workspaces/a/secret.yaml":
          "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {password: hunter2}\n",
        "workspaces/a/more.yaml": agent("{}").replace("press", "press-2"),
      });
      await eventually(() => checks[first], WAIT).catch(async (error) => {
        const { status } = await fleet();
        throw new Error(`${error} ${JSON.stringify(status, null, 1)}`);
      });
      assert.equal(
        checks[first],
        "success: 3 objects changed, 1 device changed",
        "one is paused no longer, and one comes",
      );
      assert.equal(comments.length, 2);
      assert.equal(
        comments[0]!.body,
        `${marker} mine`,
        "another's is left alone",
      );
      assert.match(comments[1]!.body, /press-2/);
      assert.doesNotMatch(JSON.stringify(comments), /hunter2|s3cret/);

      const second = await pull({ "workspaces/a/more.yaml": "kind: [" });
      await eventually(() => checks[second], WAIT);
      assert.match(checks[second]!, /^failure: 1 error/);
      await eventually(
        async () => (await fleet()).status?.pullRequests?.[0]?.head === second,
        WAIT,
      );
      assert.equal(comments.length, 2);
      assert.match(comments[1]!.body, /more.yaml/);

      // One that is of something else is left in peace, but for the check.
      await git.git("checkout", "--quiet", base);
      const none = await pull({ "docs/note.md": "hello" }, 6);
      await eventually(() => checks[none], WAIT);
      assert.equal(checks[none], "success: nothing changes");

      // What nobody changed is not planned again; what is closed is forgotten.
      const asked = forge.requests.length;
      open = [];
      await client.patch(Repository, "fleet", {
        metadata: {
          annotations: { [PULL_REQUESTS_REQUESTED_ANNOTATION]: "x" },
        },
      }, { type: "merge" });
      await eventually(
        async () => (await fleet()).status?.pullRequests?.length === 0,
        WAIT,
      );
      assert.deepEqual(
        forge.requests.slice(asked).filter(({ path }) => /issues/.test(path)),
        [],
      );
    },
  );

  await t.step("a Repository without a forge says nothing of one", async () => {
    await client.patch(Repository, "fleet", { spec: { forge: null } }, {
      type: "merge",
    });
    await eventually(async () => {
      const { status } = await fleet();
      return !status?.forge && !status?.pullRequests &&
        !getCondition(status?.conditions, "ForgeReported") &&
        !getCondition(status?.conditions, "PullRequestsReported");
    }, WAIT);
  });

  assert.ok(
    forge.requests.every(({ path, body }) => !`${path}${body}`.includes("s3c")),
  );
});
