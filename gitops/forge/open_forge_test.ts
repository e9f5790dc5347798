import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { Repository } from "../../api/repository.ts";
import {
  type RecordingServer,
  startRecordingServer,
} from "../testing/recording_server.ts";
import { ForgeError } from "./forge_client.ts";
import { gitHubApi } from "./github.ts";
import { openForge } from "./open_forge.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const status = {
  commit,
  state: "failure",
  description: "workspaces/a/x.yaml:3: unknown",
} as const;
const context = "faros/fleet";

function open(
  server: RecordingServer,
  type: NonNullable<Repository["spec"]["forge"]>["type"],
  secret: Record<string, string> | undefined = { token: "t0ken\n" },
) {
  return openForge({
    spec: {
      url: "git@forge.example.org:acme/eu/fleet.git",
      forge: {
        type,
        url: server.url,
        secretRef: { name: "forge" },
        ...(type === "gitlab" ? {} : { repository: "acme/fleet" }),
      },
    },
  } as Repository, { secret, now: Date.now });
}

Deno.test("each forge is told in its own words", async () => {
  const gitea = {
    path: `/api/v1/repos/acme/fleet/statuses/${commit}`,
    authorization: "token t0ken",
    body: { state: "failure", description: status.description, context },
  };
  const expected = {
    github: {
      path: `/api/v3/repos/acme/fleet/statuses/${commit}`,
      authorization: "Bearer t0ken",
      body: { state: "failure", description: status.description, context },
    },
    gitlab: {
      path: `/api/v4/projects/acme%2Feu%2Ffleet/statuses/${commit}`,
      authorization: "Bearer t0ken",
      body: { state: "failed", description: status.description, name: context },
    },
    gitea,
    forgejo: gitea,
    bitbucket: {
      path: `/2.0/repositories/acme/fleet/commit/${commit}/statuses/build`,
      authorization: "Bearer t0ken",
      body: {
        key: context,
        name: context,
        state: "FAILED",
        description: status.description,
        url: "",
      },
    },
  };
  await using server = startRecordingServer();
  expected.bitbucket.body.url = `${server.url}/acme/fleet/commits/${commit}`;
  for (const type of Object.keys(expected) as (keyof typeof expected)[]) {
    using forge = await open(server, type);
    await forge.setStatus(status, { context });
    const { method, path, headers, body } = server.requests.at(-1)!;
    assert.equal(method, "POST");
    const authorization = headers.get("authorization");
    assert.deepEqual(
      { path, authorization, body: JSON.parse(body) },
      expected[type],
      type,
    );
  }
  using basic = await open(server, "bitbucket", {
    username: "a",
    password: "b",
  });
  await basic.setStatus(status, { context: "c".repeat(50) });
  const { headers, body } = server.requests.at(-1)!;
  assert.equal(headers.get("authorization"), "Basic YTpi");
  assert.equal(JSON.parse(body).key.length, 40, "the longest that it takes");
});

Deno.test("a GitHub's API is where it says", () => {
  assert.equal(gitHubApi("https://github.com"), "https://api.github.com");
  assert.equal(gitHubApi("https://acme.ghe.com"), "https://api.acme.ghe.com");
  assert.equal(
    gitHubApi("https://git.acme.org"),
    "https://git.acme.org/api/v3",
  );
});

Deno.test("what a forge answers is told by its reason, and never the token", async () => {
  await using server = startRecordingServer();
  const answer = async (response: () => Response, type = "github" as const) => {
    server.answer = response;
    using forge = await open(server, type);
    const error = await forge.setStatus(status, { context }).then(
      () => undefined,
      (error) => error,
    );
    assert.ok(error instanceof ForgeError, String(error));
    assert.doesNotMatch(error.message, /t0ken/);
    return error;
  };
  const say = (message: string, init: ResponseInit) => () =>
    Response.json({ message }, init);

  const bad = await answer(say("Bad credentials", { status: 401 }));
  assert.equal(bad.reason, "ForgeUnauthorized");
  assert.match(bad.message, /^Cannot POST http.* it answered 401: Bad cred/);
  const gone = await answer(say("Not Found", { status: 404 }));
  assert.equal(gone.reason, "ForgeNotFound");
  const refused = await answer(say("No commit found", { status: 422 }));
  assert.equal(refused.reason, "ForgeRefused");
  const down = await answer(() => new Response("<html>", { status: 502 }));
  assert.equal(down.reason, "ForgeUnreachable");
  const reset = String(Math.floor(Date.now() / 1000) + 120);
  const limited = await answer(say("API rate limit exceeded", {
    status: 403,
    headers: { "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset },
  }));
  assert.equal(limited.reason, "ForgeRateLimited");
  assert.ok(limited.retryAfter! > 60_000 && limited.retryAfter! <= 120_000);
  const secondary = await answer(say("secondary rate limit", {
    status: 429,
    headers: { "Retry-After": "7" },
  }));
  assert.equal(secondary.retryAfter, 7000);

  // Elsewhere nobody gets the token.
  await using other = startRecordingServer();
  const moved = await answer(() => Response.redirect(other.url, 307));
  assert.equal(moved.reason, "ForgeInvalid");
  assert.deepEqual(other.requests, []);

  const flood = await answer(() => new Response("x".repeat(9 << 20)));
  assert.match(flood.message, /the answer is larger than/);
});

Deno.test("an older GitLab that was told so already is fine; nobody listens at a closed port", async () => {
  const server = startRecordingServer();
  server.answer = () =>
    Response.json({
      message: "Cannot transition status via :enqueue from :pending",
    }, { status: 400 });
  using gitlab = await open(server, "gitlab");
  await gitlab.setStatus({ ...status, state: "pending" }, { context });
  await server[Symbol.asyncDispose]();
  await assert.rejects(
    gitlab.setStatus(status, { context }),
    (error: ForgeError) => error.reason === "ForgeUnreachable",
  );
});

Deno.test("a Secret that serves for nothing is told", async () => {
  await using server = startRecordingServer();
  for (
    const [secret, said] of [
      [{}, /it has no token/],
      [{ username: "a", password: "b" }, /it has no token/],
      [{ token: "a\nb" }, /characters that no header may have/],
      [{ githubAppID: "1" }, /Secret lacks githubAppInstallationID/],
    ] as const
  ) {
    await assert.rejects(open(server, "github", secret), said);
  }
  const none = {
    spec: {
      url: "https://github.com/acme/fleet",
      forge: { type: "github", secretRef: { name: "forge" } },
    },
  } as Repository;
  await assert.rejects(
    openForge(none, { secret: undefined, now: Date.now }),
    /Secret forge \(spec.forge.secretRef\).* there is none of that name/,
  );
});

Deno.test("a GitHub App tells by a token of its installation", async () => {
  await using server = startRecordingServer();
  server.answer = ({ path }) =>
    path.endsWith("/access_tokens")
      ? Response.json({
        token: "installed",
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      })
      : Response.json({});
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  using forge = await open(server, "github", {
    githubAppID: "7",
    githubAppInstallationID: "42",
    githubAppPrivateKey: String(
      privateKey.export({ type: "pkcs1", format: "pem" }),
    ),
    githubAppBaseURL: `${server.url}/api/v3`,
  });
  await forge.setStatus(status, { context });
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    [
      "/api/v3/app/installations/42/access_tokens",
      `/api/v3/repos/acme/fleet/statuses/${commit}`,
    ],
  );
  assert.equal(
    server.requests[1]!.headers.get("authorization"),
    "Bearer installed",
  );
});

Deno.test("pull requests: each forge is asked in its own words", async () => {
  await using server = startRecordingServer();
  const answers: Record<string, unknown> = {};
  server.answer = ({ method, path }) =>
    Response.json(answers[`${method} ${path}`] ?? { id: 7 });
  const none = {};
  const github = "/api/v3/repos/acme/fleet";
  const gitea = "/api/v1/repos/acme/fleet";
  const gitlab = "/api/v4/projects/acme%2Feu%2Ffleet/merge_requests";
  Object.assign(answers, {
    [`GET ${github}/pulls?state=open&base=release%2F1&sort=updated&direction=desc&per_page=50`]:
      [{ number: 3, head: { sha: commit } }],
    [`GET ${github}/compare/release%2F1...${commit}`]: {
      merge_base_commit: { sha: "b".repeat(40) },
    },
    [`GET ${github}/issues/3/comments?per_page=100`]: [
      { id: 1, body: "hi", user: { id: 9 } },
      { id: 2, body: "ghost", user: null },
    ],
    [`GET ${gitea}/pulls?state=open&base_branch=release%2F1&sort=recentupdate&limit=50`]:
      [
        { number: 3, head: { sha: commit }, base: { ref: "release/1" } },
        { number: 4, head: { sha: commit }, base: { ref: "main" } },
      ],
    [`GET ${gitea}/pulls/3`]: { merge_base: "b".repeat(40) },
    [`GET ${gitea}/issues/3/comments`]: [
      { id: 1, body: "hi", user: { id: 9 } },
      { id: 2, body: "ghost", user: null },
    ],
    [`GET ${gitlab}?state=opened&target_branch=release%2F1&order_by=updated_at&sort=desc&per_page=50`]:
      [{ iid: 3, sha: commit }],
    [`GET ${gitlab}/3`]: { diff_refs: { base_sha: "b".repeat(40) } },
    [`GET ${gitlab}/3/notes?order_by=created_at&sort=asc&per_page=100`]: [
      { id: 1, body: "hi", author: { id: 9 } },
      { id: 2, body: "ghost", author: { id: undefined } },
    ],
  });
  const refs = {
    github: "refs/pull/3/head",
    gitea: "refs/pull/3/head",
    gitlab: "refs/merge-requests/3/head",
  };
  for (const type of ["github", "gitea", "gitlab"] as const) {
    using forge = await open(server, type);
    const pulls = forge.pullRequests!;
    const [pull, ...others] = await pulls.list("release/1", none);
    assert.deepEqual([pull, others], [{ number: 3, head: commit }, []], type);
    assert.equal(
      await pulls.mergeBase(pull!, { branch: "release/1" }),
      "b".repeat(40),
      type,
    );
    assert.equal(pulls.ref(3), refs[type]);
    assert.equal(await pulls.user(none), "7");
    const comments = await pulls.comments(3, none);
    assert.deepEqual(comments[0], { id: "1", author: "9", body: "hi" }, type);
    assert.equal(await pulls.comment(3, { body: "plan" }), "7");
    await pulls.edit(3, { id: "7", body: "plan" });
    const [posted, edited] = server.requests.slice(-2);
    assert.deepEqual(JSON.parse(posted!.body), { body: "plan" });
    assert.deepEqual(
      [posted, edited].map((r) => `${r!.method} ${r!.path}`),
      {
        github: [
          `POST ${github}/issues/3/comments`,
          `PATCH ${github}/issues/comments/7`,
        ],
        gitea: [
          `POST ${gitea}/issues/3/comments`,
          `PATCH ${gitea}/issues/comments/7`,
        ],
        gitlab: [`POST ${gitlab}/3/notes`, `PUT ${gitlab}/3/notes/7`],
      }[type],
    );
  }
  using bitbucket = await open(server, "bitbucket");
  assert.equal(bitbucket.pullRequests, undefined);
});
