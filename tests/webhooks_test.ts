/**
 * From a forge's HTTP request, or a person's command, to a sync: on a hub with
 * its own API server.
 *
 * @module
 */
import assert from "node:assert/strict";
import examples from "@octokit/webhooks-examples" with { type: "json" };
import { Secret } from "../api/core.ts";
import { FETCH_REQUESTED_ANNOTATION, SYSTEM_NAMESPACE } from "../api/names.ts";
import { Repository } from "../api/repository.ts";
import { main } from "../cli/main.ts";
import { signatureHeaders } from "../gitops/webhook/testing.ts";
import { startHub, startUp } from "../hub/mod.ts";
import { isTrue } from "../kube/conditions.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { makeGitRepository } from "./gitops/git_repository.ts";

const WAIT = { timeout: 60_000 };
const whsec = `whsec_${btoa("a key of twenty-four byt")}`;
const secrets = {
  github: "gh",
  gitlab: "gl",
  "gitlab-signed": whsec,
  gitea: "ge",
  forgejo: "fo",
  bitbucket: "bb",
  generic: "any",
} as const;
const types = Object.keys(secrets) as (keyof typeof secrets)[];
const push = (branch: string) => ({
  body: JSON.stringify({ ref: `refs/heads/${branch}`, n: Math.random() }),
  headers: {
    "X-GitHub-Event": "push",
    "X-Gitlab-Event": "Push Hook",
    "X-Gitea-Event": "push",
    "X-Event-Key": "repo:push",
  },
});

/** A push to a ref that nobody follows here, as each forge publishes one. */
async function publishedPush(type: keyof typeof secrets) {
  const { headers, body } = push("other");
  if (type === "generic") return { headers, body };
  if (type === "github") {
    const [example] = examples.find(({ name }) => name === "push")!.examples;
    return { headers, body: JSON.stringify(example) };
  }
  const file = {
    gitlab: "gitlab/push.json",
    "gitlab-signed": "gitlab/tag_push.json",
    gitea: "gitea/push.json",
    forgejo: "gitea/push.json",
    bitbucket: "bitbucket/repo_push.json",
  }[type];
  const text = await Deno.readTextFile(
    new URL(`../gitops/webhook/testdata/${file}`, import.meta.url),
  );
  // The very same bytes as Gitea's would be a repeat.
  return { headers, body: type === "forgejo" ? `${text}\n` : text };
}

async function start() {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "faros-webhooks-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const git = stack.use(await makeGitRepository());
  const commit = await git.push({
    "workspaces/a/workspace.yaml":
      "apiVersion: tenancy.faros.sh/v1alpha1\nkind: Workspace\nmetadata: {name: a}\n",
  });
  const up = stack.use(await startUp({ dataDir: dir }));
  await up.leading;
  const { client } = up;
  for (const type of types) {
    await client.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: type, namespace: SYSTEM_NAMESPACE },
      // A file made by an editor ends with a line break.
      stringData: { token: `${secrets[type]}\n` },
    } as never);
  }
  await client.create(Repository, {
    apiVersion: Repository.apiVersion,
    kind: "Repository",
    metadata: { name: "fleet" },
    spec: {
      url: git.path,
      interval: "24h",
      webhooks: types.map((type) => ({
        type: type.replace("-signed", ""),
        secretRef: { name: type },
      })),
    },
  } as never);
  const fleet = () => client.get<Repository>(Repository, "fleet");
  await eventually(
    async () => (await fleet()).status?.appliedCommit === commit,
    WAIT,
  );
  const post = async (
    headers: Record<string, string>,
    body: BodyInit,
    name = "fleet",
  ) => {
    const response = await fetch(
      `${up.hubUrl}/webhooks/repositories/${name}`,
      { method: "POST", headers, body, client: http },
    );
    const { result, message } = await response.json();
    return { status: response.status, result, message };
  };
  const http = stack.use(Deno.createHttpClient({ caCerts: [up.caData] }));
  const metrics = async (pattern: RegExp) => {
    const response = await fetch(`${up.hubUrl}/metrics`, { client: http });
    return Number(pattern.exec(await response.text())?.[1] ?? 0);
  };
  const requested = async () =>
    (await fleet()).metadata.annotations?.[FETCH_REQUESTED_ANNOTATION];
  const all = stack.move();
  return {
    up,
    fleet,
    post,
    metrics,
    requested,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test("webhooks of a Repository, and faros repository sync", async (t) => {
  await using hub = await start();
  const { up, post, metrics, requested, fleet } = hub;
  const fetches = () => metrics(/operation="fetches"\} (\d+)/);

  await t.step(
    "each kind of sender makes the hub look for commits",
    async () => {
      for (const type of types) {
        const before = await requested();
        const fetched = await fetches();
        const { headers, body } = push("main");
        const signed = signatureHeaders(type, { body, secret: secrets[type] });
        const answer = await post({ ...headers, ...signed }, body);
        assert.deepEqual(
          answer,
          {
            status: 202,
            result: "accepted",
            message: "the hub looks for commits now",
          },
          type,
        );
        assert.notEqual(
          await requested(),
          before,
          `${type}: it is written down`,
        );
        await eventually(async () => await fetches() > fetched, WAIT);
      }
    },
  );

  await t.step(
    "the same again, another ref, or other news do nothing",
    async () => {
      const before = await requested();
      for (const type of types) {
        const { headers, body } = await publishedPush(type);
        const signed = signatureHeaders(type, { body, secret: secrets[type] });
        const first = await post({ ...headers, ...signed }, body);
        assert.deepEqual(
          [first.status, first.result, first.message],
          [200, "ignored", "about a ref that is not followed"],
          type,
        );
        const again = await post({ ...headers, ...signed }, body);
        assert.deepEqual(
          [again.status, again.result],
          [200, "duplicate"],
          type,
        );
        const renamed = { ...signed, "X-GitHub-Delivery": crypto.randomUUID() };
        if (type !== "github") continue;
        const { result } = await post({ ...headers, ...renamed }, body);
        assert.equal(result, "duplicate", "whatever name it is given");
      }
      for (const name of ["ping", "issues", "pull_request", "star"]) {
        const [example] = examples.find((e) => e.name === name)!.examples;
        const body = JSON.stringify(example);
        const signed = signatureHeaders("github", { body, secret: "gh" });
        const { status, result } = await post(
          { ...signed, "X-GitHub-Event": name },
          body,
        );
        assert.deepEqual([status, result], [200, "ignored"], name);
      }
      assert.equal(await requested(), before);
    },
  );

  await t.step(
    "forged, stale, oversized ones and unknown Repositories are refused",
    async () => {
      const before = await requested();
      const { headers, body } = push("main");
      const answers = new Set<string>();
      for (const type of types) {
        const forged = signatureHeaders(type, {
          body,
          secret: type === "gitlab-signed" ? `whsec_${btoa("no")}` : "guess",
        });
        answers.add(
          JSON.stringify(await post({ ...headers, ...forged }, body)),
        );
        const signed = signatureHeaders(type, { body, secret: secrets[type] });
        answers.add(
          JSON.stringify(await post({ ...headers, ...signed }, body, "none")),
        );
        if (type === "gitlab") continue;
        answers.add(
          JSON.stringify(await post({ ...headers, ...signed }, `${body} `)),
        );
      }
      answers.add(JSON.stringify(await post(headers, body)));
      assert.equal(
        answers.size,
        1,
        `nobody learns which Repositories there are: ${[...answers]}`,
      );
      assert.equal(JSON.parse([...answers][0]!).status, 401);

      for (const type of ["generic", "gitlab-signed"] as const) {
        for (const minutes of [-6, 6]) {
          const at = Date.now() + minutes * 60_000;
          const signed = signatureHeaders(type, {
            body,
            secret: secrets[type],
            at,
          });
          const { status, message } = await post(
            { ...headers, ...signed },
            body,
          );
          assert.equal(status, 401);
          assert.match(message, /^signed 3\d\d s from the hub's time/);
        }
      }

      const large = "x".repeat((4 << 20) + 1);
      const signed = signatureHeaders("github", { body: large, secret: "gh" });
      const declared = await post({ ...headers, ...signed }, large);
      assert.equal(declared.status, 413);
      const streamed = await post(
        { ...headers, ...signed },
        new Blob([large]).stream(),
      );
      assert.equal(streamed.status, 413, "without a length, too");
      assert.equal(await requested(), before);
      assert.equal(
        await metrics(
          /faros_webhooks_total\{type="",result="oversized"\} (\d+)/,
        ),
        2,
      );
      assert.ok(
        await metrics(
          /faros_webhooks_total\{type="",result="refused"\} (\d+)/,
        ) >
          10,
      );
    },
  );

  await t.step("a replica that does not lead passes it on", async () => {
    const { client } = up;
    const stateDir = await Deno.makeTempDir({ prefix: "faros-webhooks-" });
    try {
      await using standby = await startHub({
        client,
        engine: { url: up.apiUrl, caData: up.caData },
        stateDir,
      });
      await standby.standby;
      const fetched = await fetches();
      const { headers, body } = push("main");
      const signed = signatureHeaders("gitea", { body, secret: "ge" });
      // Until it knows the Repositories.
      const { status } = await eventually(async () => {
        const response = await fetch(
          `${standby.url}/webhooks/repositories/fleet`,
          { method: "POST", headers: { ...headers, ...signed }, body },
        );
        await response.body?.cancel();
        return response.status === 401 ? undefined : response;
      }, WAIT);
      assert.equal(status, 202);
      await eventually(async () => await fetches() > fetched, WAIT);
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  });

  await t.step(
    "faros repository sync --wait says what came of it",
    async () => {
      const lines: string[] = [];
      const sync = (...args: string[]) =>
        main(
          ["repository", "sync", ...args, "--kubeconfig", up.kubeconfigPath],
          {
            io: {
              out: (line) => lines.push(line),
              err: (line) => lines.push(line),
              write: (text) => lines.push(text),
              colors: false,
              env: () => undefined,
              readStdin: () => Promise.resolve(""),
            },
          },
        );
      assert.equal(await sync("fleet", "--wait"), 0, lines.join("\n"));
      assert.match(lines.join("\n"), /repository fleet: Applied commit \w+: 1/);
      const { status } = await fleet();
      assert.ok(isTrue(status?.conditions, "Ready"));
      assert.ok(status?.lastHandledReconcileAt);
      assert.equal(await sync("flet"), 1);
      assert.match(lines.at(-1)!, /none of that name; there are: fleet/);
    },
  );
});
