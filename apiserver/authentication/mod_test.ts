import assert from "node:assert/strict";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { ADMIN, testCluster } from "../controllers/testing.ts";
import { withServer } from "../test_client.ts";
import type { JsonObject, KubeObject } from "../types.ts";
import { createAuthentication } from "./mod.ts";
import { openKeySet } from "./keys.ts";

const ACCOUNTS = { group: "", resource: "serviceaccounts", namespace: "a" };
const SECRETS = { group: "", resource: "secrets", namespace: "a" };

const bearer = (token: string) =>
  new Headers({ authorization: `Bearer ${token}` });

async function withAccount() {
  const cluster = await testCluster();
  const { client, authentication } = cluster;
  await client.create({ group: "", resource: "namespaces" }, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a" },
  });
  const make = () =>
    client.create(ACCOUNTS, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "robot" },
    });
  const account = await make();
  const secret = await client.create(SECRETS, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
  });
  const request = (spec: JsonObject) =>
    cluster.as(ADMIN).post(
      { ...ACCOUNTS, name: "robot", subresource: "token" },
      { spec },
    );
  const token = async (spec: JsonObject = {}): Promise<string> =>
    (await request(spec)).status.token;
  const who = async (token: string) =>
    await authentication.authenticate(bearer(token));
  return { cluster, client, account, secret, make, request, token, who };
}

Deno.test("without a token a request is anonymous, with a bad one it is refused", async () => {
  const { cluster, who } = await withAccount();
  await using _ = cluster;
  const { authentication } = cluster;
  const anonymous = await authentication.authenticate(new Headers());
  assert.deepEqual(anonymous, {
    name: "system:anonymous",
    groups: ["system:unauthenticated"],
  });
  for (const token of ["x", "a.b.c", authentication.adminToken + "x"]) {
    await assert.rejects(who(token), { code: 401 });
  }
  const admin = await who(authentication.adminToken);
  assert(admin.groups.includes("system:masters"));
});

Deno.test("a token names its account as kube-apiserver's do", async () => {
  const { cluster, account, request, who } = await withAccount();
  await using _ = cluster;
  const answer = await request({});
  const { uid } = account.metadata;
  assert.equal(answer.kind, "TokenRequest");
  assert.equal(answer.spec.expirationSeconds, 3600);
  assert.equal(answer.status.expirationTimestamp, "2026-01-01T01:00:00Z");
  const { jti, ...claims } = decodeJwt(answer.status.token);
  assert.deepEqual(claims, {
    aud: ["https://kubernetes.default.svc"],
    exp: 1767229200,
    iat: 1767225600,
    iss: "https://kubernetes.default.svc",
    "kubernetes.io": { namespace: "a", serviceaccount: { name: "robot", uid } },
    nbf: 1767225600,
    sub: "system:serviceaccount:a:robot",
  });
  const user = await who(answer.status.token);
  assert.deepEqual(user, {
    name: "system:serviceaccount:a:robot",
    uid,
    groups: [
      "system:serviceaccounts",
      "system:serviceaccounts:a",
      "system:authenticated",
    ],
    extra: { "authentication.kubernetes.io/credential-id": [`JTI=${jti}`] },
  });
});

Deno.test("a token dies at its end, with a minute for clocks that differ", async () => {
  const { cluster, token, who } = await withAccount();
  await using _ = cluster;
  const text = await token({ expirationSeconds: 600 });
  cluster.clock.time = new Date("2026-01-01T00:10:30Z");
  await who(text);
  cluster.clock.time = new Date("2026-01-01T00:11:05Z");
  await assert.rejects(who(text), { code: 401 });
});

Deno.test("a token dies with its account, also when one of the same name follows", async () => {
  const { cluster, client, make, token, who } = await withAccount();
  await using _ = cluster;
  const text = await token();
  await who(text);
  await client.delete({ ...ACCOUNTS, name: "robot" });
  await assert.rejects(who(text), { code: 401 });
  await make();
  await assert.rejects(who(text), { code: 401 });
});

Deno.test("a token bound to a Secret dies with it", async () => {
  const { cluster, client, token, who } = await withAccount();
  await using _ = cluster;
  const text = await token({
    boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "s" },
  });
  await who(text);
  await client.delete({ ...SECRETS, name: "s" });
  await assert.rejects(who(text), { code: 401 });
});

Deno.test("a token for another audience is none for this server", async () => {
  const { cluster, token, who } = await withAccount();
  await using _ = cluster;
  const text = await token({ audiences: ["vault"] });
  await assert.rejects(who(text), { code: 401 });
  const { authentication } = cluster;
  const there = await authentication.review(text, ["vault", "x"]);
  assert.equal(there.authenticated, true);
  assert.deepEqual(there.audiences, ["vault"]);
  assert.deepEqual(await authentication.review(text), {
    user: {},
    error:
      '[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["https://kubernetes.default.svc"]]',
  });
});

Deno.test("a token signed by somebody else is refused", async () => {
  const { cluster, account, who } = await withAccount();
  await using _ = cluster;
  const other = await createAuthentication({
    reader: cluster.client.reader,
    now: () => cluster.clock.time,
  });
  const { name, uid } = account.metadata;
  const { token } = await other.tokens.issue({
    namespace: "a",
    account: { name, uid },
    audiences: other.audiences,
    seconds: 600,
  });
  await assert.rejects(who(token), { code: 401 });
  const [header, payload, signature] = token.split(".");
  assert.equal(decodeProtectedHeader(token).alg, "ES256");
  const none = btoa(JSON.stringify({ alg: "none" })).replaceAll("=", "");
  await assert.rejects(who(`${none}.${payload}.`), { code: 401 });
  await assert.rejects(who(`${header}.${payload}.${signature}x`), {
    code: 401,
  });
});

Deno.test("what a token request may not ask for is refused in kube-apiserver's words", async () => {
  const { cluster, request } = await withAccount();
  await using _ = cluster;
  await assert.rejects(request({ expirationSeconds: 60 }), {
    message:
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
  });
  const bound = (ref: JsonObject) => request({ boundObjectRef: ref });
  await assert.rejects(
    bound({ kind: "ServiceAccount", apiVersion: "v1", name: "robot" }),
    { message: "cannot bind token to object of type /v1, Kind=ServiceAccount" },
  );
  await assert.rejects(
    bound({ kind: "Secret", apiVersion: "v1", name: "no" }),
    { message: 'secrets "no" not found' },
  );
  await assert.rejects(
    bound({ kind: "Secret", apiVersion: "v1", name: "s", uid: "other" }),
    { code: 409 },
  );
});

Deno.test("key and administrator's token outlive a restart; a replaced key still verifies", async () => {
  const { cluster, account } = await withAccount();
  await using _ = cluster;
  const dataDir = await Deno.makeTempDir();
  try {
    const { reader } = cluster.client;
    const now = () => cluster.clock.time;
    const open = () => createAuthentication({ dataDir, reader, now });
    const first = await open();
    const { name, uid } = account.metadata;
    const { token } = await first.tokens.issue({
      namespace: "a",
      account: { name, uid },
      audiences: first.audiences,
      seconds: 600,
    });
    const second = await open();
    assert.equal(second.adminToken, first.adminToken);
    await second.authenticate(bearer(token));
    await second.keys.rotate();
    await second.authenticate(bearer(token));
    const third = await open();
    await third.authenticate(bearer(token));
    assert.equal((third.jwks().keys as unknown[]).length, 2);
    await third.keys.rotate({ keep: 0 });
    await assert.rejects(async () => await third.authenticate(bearer(token)), {
      code: 401,
    });
    const other = await open();
    await assert.rejects(async () => await other.authenticate(bearer(token)), {
      code: 401,
    });
    for await (const { name } of Deno.readDir(dataDir)) {
      const { mode } = await Deno.stat(`${dataDir}/${name}`);
      assert.equal(mode! & 0o777, 0o600, name);
    }
    const keys = await openKeySet(`${dataDir}/service-account-keys.json`);
    assert(!("d" in keys.keys[0]!.publicJwk));
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("TokenReview and SelfSubjectReview answer who somebody is", async () => {
  const { cluster, token } = await withAccount();
  await using _ = cluster;
  const group = "authentication.k8s.io";
  const review: KubeObject = await cluster.as(ADMIN).create(
    { group, resource: "tokenreviews" },
    {
      apiVersion: `${group}/v1`,
      kind: "TokenReview",
      spec: { token: await token() },
    },
  );
  assert.equal(review.status.authenticated, true);
  assert.equal(review.status.user.username, "system:serviceaccount:a:robot");
  const self = await cluster.as(ADMIN).create(
    { group, resource: "selfsubjectreviews" },
    { apiVersion: `${group}/v1`, kind: "SelfSubjectReview" },
  );
  assert.deepEqual(self.status.userInfo, {
    username: "admin",
    groups: ["system:masters"],
  });
});

Deno.test("an Authorization header is read up to the first word after Bearer", async () => {
  await withServer(async (api) => {
    const list = (authorization: string) =>
      api.get("/api/v1/namespaces/default/configmaps", { authorization });
    assert.equal((await list(`Bearer ${api.token} b c`)).code, 200);
    assert.equal((await list("Bearer a b c")).code, 401);
    const spaced = await list(`Bearer  ${api.token}`);
    assert.equal(spaced.code, 403);
    assert.match(spaced.headers.get("warning")!, /extra space/);
    assert.equal((await list("Basic YTpi")).code, 403);
  });
});
