/**
 * What forges are asked, and what is read of their answers, beside the
 * descriptions and examples of their APIs that they publish.
 *
 * @module
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { Repository } from "../../api/repository.ts";
import {
  type SeenRequest,
  startRecordingServer,
} from "../testing/recording_server.ts";
import type { Forge } from "./forge.ts";
import { openForge } from "./open_forge.ts";
import {
  type ApiDescription,
  compareWithApi,
  operationOf,
} from "./testing/compare_with_api.ts";

type Answers = Record<string, unknown>;

async function read<T>(file: string): Promise<T> {
  const url = new URL(`testdata/${file}.json`, import.meta.url);
  return JSON.parse(await Deno.readTextFile(url));
}

const [github, gitlab, gitea, bitbucket] = await Promise.all(
  ["github", "gitlab", "gitea", "bitbucket"].map((forge) =>
    read<ApiDescription>(`api/${forge}`)
  ),
) as [ApiDescription, ApiDescription, ApiDescription, ApiDescription];

const commit = "0123456789abcdef0123456789abcdef01234567";
const comments = [{ id: 5, body: "hi", user: { id: 9 } }];
const notes = [{ id: 5, body: "hi", author: { id: 9 } }];
const apis: Record<
  "github" | "gitlab" | "gitea" | "bitbucket",
  {
    root: string;
    api: ApiDescription;
    /** As the forge gave or publishes them, whole. */
    published?: Answers;
    /** Only with what is read. */
    answers?: Answers;
  }
> = {
  github: {
    root: "/api/v3",
    api: github,
    published: await read("answers/github"),
  },
  gitlab: {
    root: "/api/v4",
    api: gitlab,
    published: await read("answers/gitlab"),
    answers: {
      "GET /projects/{id}/merge_requests/{merge_request_iid}/notes": notes,
      "POST /projects/{id}/merge_requests/{merge_request_iid}/notes": notes[0],
      "PUT /projects/{id}/merge_requests/{merge_request_iid}/notes/{note_id}":
        notes[0],
    },
  },
  gitea: {
    root: "/api/v1",
    api: gitea,
    // `tests/gitea_test.ts` asks a real one.
    answers: {
      "GET /user": { id: 9 },
      "GET /repos/{owner}/{repo}/pulls": [
        { number: 3, head: { sha: commit }, base: { ref: "release/1" } },
      ],
      "GET /repos/{owner}/{repo}/pulls/{index}": { merge_base: commit },
      "GET /repos/{owner}/{repo}/issues/{index}/comments": comments,
      "POST /repos/{owner}/{repo}/issues/{index}/comments": comments[0],
      "PATCH /repos/{owner}/{repo}/issues/comments/{id}": comments[0],
    },
  },
  bitbucket: { root: "/2.0", api: bitbucket },
};

/** Does all that Faros asks of a forge. */
async function useAll(forge: Forge) {
  const context = "faros/fleet";
  for (const state of ["pending", "success", "failure", "cancelled"] as const) {
    await forge.setStatus({ commit, state, description: "why" }, { context });
  }
  const { pullRequests: pulls } = forge;
  if (!pulls) return {};
  const branch = "release/1";
  const list = await pulls.list(branch, {});
  return {
    list,
    mergeBase: await pulls.mergeBase(list[0]!, { branch }),
    user: await pulls.user({}),
    comments: await pulls.comments(3, {}),
    comment: await pulls.comment(3, { body: "plan" }),
    edit: await pulls.edit(3, { id: "5", body: "plan" }),
  };
}

for (const [type, of] of Object.entries(apis)) {
  const { root, api, published = {}, answers = {} } = of;
  Deno.test(`${type}: all that is asked of it, and read, is as its API is described`, async () => {
    const problems: string[] = [];
    const asked = new Set<string>();
    await using server = startRecordingServer();
    server.answer = (request: SeenRequest) => {
      const operation = operationOf(api, { root, request });
      const name = `${operation?.method} ${operation?.path}`;
      asked.add(name);
      const isOpen = name in published;
      const answer = isOpen ? published[name] : answers[name];
      problems.push(...compareWithApi(api, { root, request, answer, isOpen }));
      return Response.json(answer ?? {}, { status: operation?.code ?? 404 });
    };
    using forge = await openForge({
      spec: {
        url: "https://forge.example.org/acme/fleet",
        forge: { type, url: server.url, secretRef: { name: "forge" } },
      },
    } as Repository, { secret: { token: "t" }, now: Date.now });
    const read = await useAll(forge);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      [...asked].sort(),
      api.operations.map(({ method, path }) => `${method} ${path}`)
        // Those are for Apps, below.
        .filter((name) => !/installation/.test(name)).sort(),
    );
    assert.deepEqual(read, expected[type]);
  });
}

const expected: Record<string, Awaited<ReturnType<typeof useAll>>> = {
  github: {
    list: [{ number: 1347, head: "6dcb09b5b57875f334f61aebed695e2e4193db5e" }],
    mergeBase: "6dcb09b5b57875f334f61aebed695e2e4193db5e",
    user: "1",
    comments: [{ id: "1", author: "1", body: "Me too" }],
    comment: "1",
    edit: undefined,
  },
  gitlab: {
    list: [
      { number: 15442, head: "2fc4e8b972ff3208ec63b6143e34ad67ff343ad7" },
      { number: 15441, head: "dbb2b82236b86328f44a1754c9188c0991e707e5" },
      { number: 15440, head: "eae31acf34d2df2aba2ea469e432cab1c6a05b53" },
    ],
    mergeBase: "dd692733bb84bc3e9e862e66c099daec2fa00c83",
    user: "1",
    comments: [{ id: "5", author: "9", body: "hi" }],
    comment: "5",
    edit: undefined,
  },
  gitea: {
    list: [{ number: 3, head: commit }],
    mergeBase: commit,
    user: "9",
    comments: [{ id: "5", author: "9", body: "hi" }],
    comment: "5",
    edit: undefined,
  },
  bitbucket: {},
};

Deno.test("github: what is asked as an App is as its API is described", async () => {
  const { root, api, published = {} } = apis.github;
  const problems: string[] = [];
  await using server = startRecordingServer();
  server.answer = (request: SeenRequest) => {
    const operation = operationOf(api, { root, request });
    const name = `${operation?.method} ${operation?.path}`;
    problems.push(...compareWithApi(api, { root, request }));
    // It is a user's.
    return name.startsWith("GET /orgs/")
      ? Response.json({ message: "Not Found" }, { status: 404 })
      : name.endsWith("/access_tokens")
      // The example's is of 2016.
      ? Response.json({
        ...published[name] as Answers,
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      }, { status: 201 })
      : Response.json(published[name]);
  };
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  using forge = await openForge({
    spec: {
      url: "https://forge.example.org/octocat/fleet",
      forge: { type: "github", url: server.url, secretRef: { name: "app" } },
    },
  } as Repository, {
    secret: {
      githubAppID: "7",
      githubAppInstallationOwner: "octocat",
      githubAppPrivateKey: String(
        privateKey.export({ type: "pkcs1", format: "pem" }),
      ),
      githubAppBaseURL: `${server.url}${root}`,
    },
    now: Date.now,
  });
  await forge.pullRequests!.comments(3, {});
  assert.deepEqual(problems, []);
  const asked = server.requests.map(({ path }) => path.slice(root.length));
  assert.deepEqual(asked.slice(0, 3), [
    "/orgs/octocat/installation",
    "/users/octocat/installation",
    `/app/installations/${
      (published["GET /users/{username}/installation"] as { id: number }).id
    }/access_tokens`,
  ]);
  assert.equal(
    server.requests.at(-1)!.headers.get("authorization"),
    `Bearer ${
      (published[
        "POST /app/installations/{installation_id}/access_tokens"
      ] as { token: string }).token
    }`,
  );
});

Deno.test("a request or an answer that differs from a description is told", () => {
  const of = (method: string, path: string, body?: unknown) =>
    compareWithApi(gitea, {
      root: "/api/v1",
      request: {
        method,
        path: `/api/v1/repos/acme/fleet/${path}`,
        headers: new Headers(),
        body: body === undefined ? "" : JSON.stringify(body),
      },
      answer: method === "GET" ? [{ id: "5" }] : undefined,
    });
  assert.deepEqual(of("PUT", "pulls"), [
    "PUT /api/v1/repos/acme/fleet/pulls: there is no such operation",
  ]);
  assert.match(
    of("GET", "issues/1/comments?limit=1").join(),
    /there is no limit/,
  );
  assert.match(of("GET", "pulls?sort=new").join(), /sort must be equal to one/);
  assert.match(
    of("GET", "issues/1/comments").join(),
    /answer\/0\/id must be int/,
  );
  assert.match(of("POST", "issues/1/comments", {}).join(), /required.*body/);
  assert.match(
    of("POST", "issues/1/comments", { body: "x", text: "y" }).join(),
    /additional properties .*text/,
  );
});
