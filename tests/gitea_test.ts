/**
 * A hub and a real forge: Gitea (`GITEA_BINARY`, or on the PATH).
 *
 * @module
 */
import assert from "node:assert/strict";
import { Secret } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../api/names.ts";
import { Repository } from "../api/repository.ts";
import { startUp } from "../hub/mod.ts";
import { createLogger } from "../kube/log.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { type Gitea, giteaMissing, startGitea } from "./forge/gitea.ts";
import { getCondition } from "../kube/conditions.ts";
import { makeGitRepository } from "./gitops/git_repository.ts";

const missing = giteaMissing();
const WAIT = { timeout: 60_000 };
const CONTEXT = "faros/fleet";

const workspace = `apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: {name: a}
`;
const agent = (name: string) =>
  `apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: ${name}}
spec: {}
`;

interface Status {
  status: string;
  description: string;
  context: string;
}

async function start(gitea: Gitea) {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "faros-gitea-hub-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const log: string[] = [];
  const up = stack.use(
    await startUp({
      dataDir: dir,
      log: createLogger({ level: "debug", write: (line) => log.push(line) }),
    }),
  );
  await up.leading;
  const { client } = up;
  for (
    const [name, stringData] of Object.entries({
      git: { username: gitea.user, password: gitea.token },
      forge: { token: gitea.token },
      hook: { token: "s3cret" },
    })
  ) {
    await client.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: SYSTEM_NAMESPACE },
      stringData,
    } as KubeObject);
  }
  const all = stack.move();
  return {
    up,
    client,
    log,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test({
  name:
    `a hub and Gitea: a push is synced by its webhook, and its commit's status converges${
      missing ? ` (skipped: ${missing})` : ""
    }`,
  ignore: missing !== undefined,
  async fn(t) {
    await using gitea = await startGitea();
    await using git = await makeGitRepository();
    await using hub = await start(gitea);
    const { client } = hub;
    await gitea.api("POST", "/user/repos", {
      name: "fleet",
      private: true,
      default_branch: "main",
    });
    const repo = `/repos/${gitea.user}/fleet`;
    const { host } = new URL(gitea.url);
    const push = async (
      files: Record<string, string | null>,
      branch = "main",
    ) => {
      const commit = await git.push(files, { branch });
      await git.git(
        "push",
        "--quiet",
        "--force",
        `http://${gitea.user}:${gitea.token}@${host}/${gitea.user}/fleet.git`,
        `HEAD:refs/heads/${branch}`,
      );
      return commit;
    };
    const statuses = (commit: string) =>
      gitea.api<Status[]>("GET", `${repo}/commits/${commit}/statuses?limit=50`);
    const untilStatus = (commit: string, isSo: (status: Status) => boolean) =>
      eventually(
        async () =>
          (await statuses(commit)).filter((s) => s.context === CONTEXT)
            .find(isSo),
        { ...WAIT, what: `a status of ${commit}` },
      ).catch(async (error) => {
        throw new Error(
          `${error}; there are ${JSON.stringify(await statuses(commit))}\n${
            hub.log.slice(-20).join("\n")
          }\n${await gitea.log()}`,
        );
      });
    const first = await push({
      "workspaces/a/workspace.yaml": workspace,
      "workspaces/a/agents.yaml": agent("press-1"),
    });
    await client.create(Repository, {
      apiVersion: Repository.apiVersion,
      kind: "Repository",
      metadata: { name: "fleet" },
      spec: {
        url: `${gitea.url}/${gitea.user}/fleet.git`,
        // Nothing but the webhook makes it look.
        interval: "24h",
        secretRef: { name: "git" },
        webhooks: [{ type: "gitea", secretRef: { name: "hook" } }],
        forge: {
          type: "gitea",
          secretRef: { name: "forge" },
          pullRequests: true,
        },
      },
    } as never);
    await gitea.api("POST", `${repo}/hooks`, {
      type: "gitea",
      active: true,
      events: ["push", "pull_request", "pull_request_sync"],
      config: {
        url: `${hub.up.hubUrl}/webhooks/repositories/fleet`,
        content_type: "json",
        secret: "s3cret",
      },
    });

    await t.step("the first commit converges", async () => {
      await untilStatus(
        first,
        (s) => s.description === "converged 0/1, 1 offline",
      );
      const all = (await statuses(first)).map((s) => s.status);
      assert.ok(all.includes("pending") && all.includes("success"), `${all}`);
    });

    await t.step("a push is synced at once", async () => {
      const second = await push({
        "workspaces/a/agents.yaml": [agent("press-1"), agent("press-2")]
          .join("---\n"),
      });
      await untilStatus(
        second,
        (s) => s.description === "converged 0/2, 2 offline",
      );
    });

    await t.step("a commit that cannot be applied says why", async () => {
      const broken = await push({ "workspaces/a/bad.yaml": "kind: [" });
      const status = await untilStatus(broken, (s) => s.status === "failure");
      assert.match(status.description, /^workspaces\/a\/bad.yaml:1/);
      const fixed = await push({ "workspaces/a/bad.yaml": null });
      await untilStatus(fixed, (s) => s.status === "success");
    });

    await t.step(
      "a pull request gets one comment, kept up to date, and a check",
      async () => {
        const comments = () =>
          gitea.api<{ id: number; body: string }[]>(
            "GET",
            `${repo}/issues/1/comments`,
          );
        const check = (commit: string) =>
          eventually(
            async () =>
              (await statuses(commit)).find((s) =>
                s.context === `${CONTEXT}/plan` && s.status !== "pending"
              ),
            { ...WAIT, what: `a check of ${commit}` },
          ).catch(async (error) => {
            const found = await client.get<Repository>(Repository, "fleet");
            throw new Error(
              `${error}: ${JSON.stringify(found.status?.pullRequests)} ${
                JSON.stringify(
                  getCondition(
                    found.status?.conditions,
                    "PullRequestsReported",
                  ),
                )
              }`,
            );
          });
        const head = await push({
          "workspaces/a/agents.yaml": [1, 2, 3].map((n) => agent(`press-${n}`))
            .join("---\n"),
        }, "more");
        await gitea.api("POST", `${repo}/pulls`, {
          title: "A third press",
          base: "main",
          head: "more",
        });
        const first = await check(head);
        assert.equal(first.status, "success");
        assert.match(first.description, /^1 object changed, 1 device changed/);
        const [comment, ...others] = await comments();
        assert.deepEqual(others, []);
        assert.match(comment!.body, /^<!-- faros plan of fleet -->/);
        assert.match(comment!.body, /press-3/);

        const broken = await push({
          "workspaces/a/more.yaml": agent("press-4").replace("spec", "spce"),
        }, "more");
        const second = await check(broken);
        assert.equal(second.status, "failure");
        assert.match(second.description, /^1 error/);
        const [edited, ...more] = await comments();
        assert.deepEqual([edited!.id, more], [comment!.id, []], "the same one");
        assert.match(edited!.body, /spce/);
        const { status } = await client.get<Repository>(Repository, "fleet");
        assert.ok(
          status?.pullRequests?.every(({ number }) => number === 1),
          "as its status says",
        );
      },
    );
  },
});
