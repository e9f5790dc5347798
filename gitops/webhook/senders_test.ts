import assert from "node:assert/strict";
import examples from "@octokit/webhooks-examples" with { type: "json" };
import { concerns } from "./concerns.ts";
import { senders, type WebhookType } from "./senders.ts";
import recorded from "./testdata/gitea_1_26.json" with { type: "json" };
import { signatureHeaders } from "./testing.ts";
import type { WebhookEvent } from "./webhook.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("senders verify what GitHub, Atlassian and Standard Webhooks publish as examples", async () => {
  const secret = "It's a Secret to Everybody";
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
  assert.ok(
    await senders.github.verify({
      headers: new Headers({
        "X-Hub-Signature-256":
          "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
      }),
      body: bytes("Hello, World!"),
    }, secret),
  );
  // https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
  assert.ok(
    await senders.bitbucket.verify({
      headers: new Headers({
        "X-Hub-Signature":
          "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
      }),
      body: bytes("Hello World!"),
    }, secret),
  );
  // https://github.com/standard-webhooks/standard-webhooks, of the libraries' tests; GitLab signs so.
  const verified = await senders.gitlab.verify({
    headers: new Headers({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature":
        "v1,bm9tZXRoaW5nZWxzZQ== v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }),
    body: bytes('{"test": 2432232314}'),
  }, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  assert.equal(verified?.time, 1614265330_000);
});

const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

for (
  const type of [
    "github",
    "gitlab",
    "gitlab-signed",
    "gitea",
    "forgejo",
    "bitbucket",
    "generic",
  ] as const
) {
  Deno.test(`${type}: what is forged, changed or unsigned is not verified`, async () => {
    const sender = senders[type === "gitlab-signed" ? "gitlab" : type];
    const secret = type === "gitlab-signed" ? whsec : "s3cret";
    const body = '{"ref":"refs/heads/main"}';
    const headers = signatureHeaders(type, { body, secret });
    const verify = (
      headers: Record<string, string>,
      given = body,
      key = secret,
    ) =>
      sender.verify({ headers: new Headers(headers), body: bytes(given) }, key);
    assert.ok(await verify(headers));
    assert.equal(await verify({}), undefined, "unsigned");
    assert.equal(await verify(headers, body, "another"), undefined);
    for (const name of Object.keys(headers)) {
      // A delivery's name is not signed by all.
      if (/delivery|key|request/i.test(name)) continue;
      for (const value of ["", "x", `${headers[name]}0`, "sha256=", "v1,"]) {
        const found = await verify({ ...headers, [name]: value });
        assert.equal(found, undefined, `${name}: ${value}`);
      }
    }
    // GitLab's token signs nothing.
    if (type === "gitlab") return;
    assert.equal(await verify(headers, `${body} `), undefined, "changed");
  });
}

/** What others published, in `testdata`; its README says where they have it from. */
const published: {
  type: WebhookType;
  file: string;
  headers: Record<string, string>;
  event: WebhookEvent;
  /** Where it is known what it was signed with. */
  secret?: string;
}[] = [
  ...([
    ["push", "Push Hook", { kind: "push", refs: ["refs/heads/master"] }],
    ["tag_push", "Tag Push Hook", { kind: "push", refs: ["refs/tags/v1.0.0"] }],
    ["merge_request", "Merge Request Hook", { kind: "pull-request" }],
    ["note_merge_request", "Note Hook", { kind: "other" }],
  ] as [string, string, WebhookEvent][]).map(([name, header, event]) => ({
    type: "gitlab" as const,
    file: `gitlab/${name}.json`,
    headers: { "X-Gitlab-Event": header },
    event,
  })),
  ...([
    ["push", "repo:push", {
      kind: "push",
      refs: ["refs/heads/name-of-branch"],
    }],
    ["commit_status_created", "repo:commit_status_created", { kind: "other" }],
  ] as [string, string, WebhookEvent][]).map(([name, key, event]) => ({
    type: "bitbucket" as const,
    file: `bitbucket/repo_${name}.json`,
    headers: { "X-Event-Key": key },
    event,
  })),
  ...["created", "updated"].map((name) => ({
    type: "bitbucket" as const,
    file: `bitbucket/pullrequest_${name}.json`,
    headers: { "X-Event-Key": `pullrequest:${name}` },
    event: { kind: "pull-request" } as const,
  })),
  ...([
    [
      "repo_refs_changed",
      "repo:refs_changed",
      "8a60f7487d167f55886df87d4077192035d76f76a8e0b3a48fd8ae8cad25f391",
      { kind: "push", refs: ["refs/heads/feature/wip"] },
    ],
    [
      "repo_comment_added",
      "repo:comment:added",
      "80b121d53ec48bb3f8bed9243ba53be62c8eb7d1ce0395ca87fef1938bf9620e",
      { kind: "other" },
    ],
    [
      "pr_opened",
      "pr:opened",
      "b82c323978a741aa256c0a6bfa13a8f211e1795bd8ddb2641ced122769f7a7c6",
      { kind: "pull-request" },
    ],
    [
      "pr_modified",
      "pr:modified",
      "1e307462390ff6f0c59fcdb8eb4b2977058b5cbc502a24a0db385f5331136227",
      { kind: "pull-request" },
    ],
  ] as [string, string, string, WebhookEvent][]).map((
    [name, key, digest, event],
  ) => ({
    type: "bitbucket" as const,
    file: `bitbucket_server/${name}.json`,
    headers: { "X-Event-Key": key, "X-Hub-Signature": `sha256=${digest}` },
    event,
    secret: "secret",
  })),
  ...([
    [
      "push",
      "60fe446c74fa0cb9474f98cc557db79e10c7aaf22cf324ad65239600b9e4d915",
      { kind: "push", refs: ["refs/heads/master"] },
    ],
    [
      "pull_request",
      "65c18a212efc7bde0f336acaec87f596fe20e80b2a0e7e51a790dd38393ff771",
      { kind: "pull-request" },
    ],
  ] as [string, string, WebhookEvent][]).flatMap(([name, digest, event]) =>
    (["Gitea", "Forgejo"] as const).map((forge) => ({
      type: forge.toLowerCase() as WebhookType,
      file: `gitea/${name}.json`,
      headers: { [`X-${forge}-Event`]: name, [`X-${forge}-Signature`]: digest },
      event,
      secret: "IsWishesWereHorsesWedAllBeEatingSteak!",
    }))
  ),
];

for (const { type, file, headers, event, secret } of published) {
  Deno.test(`${type}: ${file}, as it was published, is read`, async () => {
    const delivery = {
      headers: new Headers(headers),
      body: await Deno.readFile(new URL(`testdata/${file}`, import.meta.url)),
    };
    assert.deepEqual(senders[type].read(delivery), event);
    if (!secret) return;
    assert.ok(await senders[type].verify(delivery, secret));
    assert.equal(await senders[type].verify(delivery, "guess"), undefined);
  });
}

Deno.test("bitbucket: a branch that was deleted has an old side only", () => {
  const changes = [
    { new: null, old: { type: "branch", name: "done" }, closed: true },
    { new: { type: "tag", name: "v1" }, old: null, created: true },
  ];
  const read = senders.bitbucket.read({
    headers: new Headers({ "X-Event-Key": "repo:push" }),
    body: bytes(JSON.stringify({ push: { changes } })),
  });
  assert.deepEqual(read, {
    kind: "push",
    refs: ["refs/heads/done", "refs/tags/v1"],
  });
});

Deno.test("github: of all that GitHub's examples hold, a push's ref is read", () => {
  const seen: Record<string, number> = {};
  for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
      const read = senders.github.read({
        headers: new Headers({ "X-GitHub-Event": name }),
        body: bytes(JSON.stringify(payload)),
      });
      seen[read.kind] = (seen[read.kind] ?? 0) + 1;
      if (name !== "push") continue;
      const { ref } = payload as unknown as { ref: string };
      assert.deepEqual(read, { kind: "push", refs: [ref] });
    }
  }
  assert.deepEqual(
    [seen.push, seen.ping, seen["pull-request"]],
    ["push", "ping", "pull_request"].map((name) =>
      examples.find((e) => e.name === name)!.examples.length
    ),
  );
  assert.ok(seen.other! > 200, "and of everything else nothing");
});

Deno.test("senders read nonsense without harm", () => {
  const nonsense = ["", "null", "[]", '{"push":1}', '{"ref":{}}', "\u0000"];
  for (const body of nonsense) {
    for (const [type, sender] of Object.entries(senders)) {
      const headers = new Headers({
        "X-GitHub-Event": "push",
        "X-Gitea-Event": "push",
        "X-Gitlab-Event": "Push Hook",
        "X-Event-Key": "repo:push",
      });
      assert.deepEqual(
        sender.read({ headers, body: bytes(body) }),
        { kind: "push" },
        `${type}: ${body}`,
      );
    }
  }
});

Deno.test("concerns() says which changes may be news for who follows a ref", () => {
  const main = ["refs/heads/main"];
  const tag = ["refs/tags/v1.2.0"];
  const all: [Parameters<typeof concerns>[0], string[] | undefined, boolean][] =
    [
      [undefined, main, true],
      [undefined, ["refs/heads/other"], false],
      [undefined, ["refs/heads/other", ...main], true],
      [undefined, undefined, true],
      [{ branch: "other" }, main, false],
      [{ branch: "main" }, tag, false],
      [{ tag: "v1.2.0" }, tag, true],
      [{ tag: "v1.2.1" }, tag, false],
      [{ semver: "^1" }, tag, true],
      [{ semver: "^1" }, main, false],
      [{ name: "refs/pull/1/head" }, ["refs/pull/1/head"], true],
      [{ name: "refs/pull/1/head" }, main, false],
      [{ name: "HEAD" }, main, true],
      [{ commit: "0".repeat(40) }, main, false],
    ];
  for (const [ref, refs, expected] of all) {
    assert.equal(concerns(ref, refs), expected, JSON.stringify([ref, refs]));
  }
});

Deno.test("senders verify and read what a real Gitea sent", async () => {
  const read = [];
  for (const { headers, body } of recorded.deliveries) {
    const delivery = {
      headers: new Headers(headers as unknown as Record<string, string>),
      body: bytes(body),
    };
    assert.ok(await senders.gitea.verify(delivery, "s3cret"));
    assert.ok(await senders.forgejo.verify(delivery, "s3cret"));
    assert.equal(await senders.gitea.verify(delivery, "secret"), undefined);
    read.push(senders.gitea.read(delivery));
  }
  assert.deepEqual(read, [
    { kind: "push", refs: ["refs/heads/main"] },
    { kind: "pull-request" },
    { kind: "pull-request" },
  ]);
});
