/**
 * `faros plan --live`, beside a hub that syncs the same repository.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Agent } from "../api/agent.ts";
import { Secret } from "../api/core.ts";
import { Monitoring } from "../api/monitoring.ts";
import type { KubeObject } from "../api/meta.ts";
import { DELETE_AFTER_ANNOTATION } from "../api/names.ts";
import { Repository } from "../api/repository.ts";
import { Workspace } from "../api/workspace.ts";
import { createFleetRepository } from "../cli/demo/fleet_repository.ts";
import { waitUntil } from "../cli/demo/wait_until.ts";
import { bufferIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import type { Preview } from "../hub/preview/preview_result.ts";
import { startUp } from "../hub/up.ts";
import { builtinPlugins } from "../plugins/mod.ts";

Deno.test("plan --live tells what a cluster lacks, and changes nothing in it", async (t) => {
  const dir = await Deno.makeTempDir({ prefix: "faros-plan-live-" });
  try {
    const repository = await createFleetRepository(dir, {
      source: new URL("../fixtures/pull_requests/fleet/", import.meta.url),
    });
    await repository.push();
    await using up = await startUp({
      dataDir: join(dir, "data"),
      catalogue: await builtinPlugins(),
    });
    await up.leading;
    const { client } = up;
    await client.create(
      Repository,
      {
        apiVersion: Repository.apiVersion,
        kind: Repository.kind,
        metadata: { name: "site" },
        spec: { url: repository.url, interval: "1s" },
      } as KubeObject,
    );
    const synced = async () => {
      let last: unknown;
      await waitUntil("the repository is applied", async () => {
        const { status } = await client.get<Repository>(Repository, "site");
        last = status;
        return status?.appliedCommit !== undefined &&
          status.appliedCommit === status.observedCommit;
      }, {
        timeout: 120_000,
        interval: 50,
        explain: () => JSON.stringify(last),
      });
    };
    await waitUntil("workspace factory-b is there", async () => {
      const { status } =
        await client.tryGet<Workspace>(Workspace, "factory-b") ??
          {};
      return status?.phase === "Ready";
    }, { timeout: 120_000, interval: 50, explain: () => "" });
    // As somebody does once, by hand.
    await client.create(
      Secret,
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "line-key", namespace: "factory-b" },
        stringData: { privateKey: "porto-line-s3cret-key" },
      } as KubeObject,
    );
    await synced();
    const plan = async (...args: string[]): Promise<Preview> => {
      const io = bufferIo();
      await main([
        "plan",
        "--live",
        "--kubeconfig",
        up.kubeconfigPath,
        "-o",
        "json",
        ...args,
        repository.clone,
      ], { io });
      assert.equal(io.stderr, "");
      assert.doesNotMatch(io.stdout, /s3cret/);
      return JSON.parse(io.stdout);
    };

    await t.step("nothing, where all is applied", async () => {
      const { problems, objects, devices } = await plan();
      assert.deepEqual({ problems, objects, devices }, {
        problems: [],
        objects: [],
        devices: [],
      });
    });
    // From here on the hub keeps out of it.
    await client.patch(Repository, "site", { spec: { suspend: true } }, {
      type: "merge",
    });
    await waitUntil("the repository is suspended", async () => {
      const { status } = await client.get<Repository>(Repository, "site");
      return !!status?.conditions?.some((c) => c.reason === "Suspended");
    }, { timeout: 120_000, interval: 50, explain: () => "" });

    await t.step("edits by hand, and what was never committed", async () => {
      await client.patch(Monitoring, "host", {
        spec: { config: { interval: "99s", listen: "127.0.0.1:0" } },
      }, {
        type: "merge",
        namespace: "factory-a",
        fieldManager: "kubectl-edit",
      });
      await client.create(
        Agent,
        {
          apiVersion: Agent.apiVersion,
          kind: Agent.kind,
          metadata: { name: "joined", namespace: "factory-a" },
          spec: { plugins: [{ name: "host" }] },
        } as KubeObject,
      );
      const { objects, devices } = await plan();
      assert.deepEqual(
        objects.map(({ change, kind, name, fields }) => [
          change,
          kind,
          name,
          fields.map((f) => [f.field, f.before, f.after]),
        ]),
        [[
          "update",
          "Monitoring",
          "host",
          [
            ["spec.config.interval", '"99s"', '"10s"'],
            ["spec.config.listen", '"127.0.0.1:0"', undefined],
          ],
        ]],
      );
      // It is no member of the repository, and its device is one all the same.
      assert.ok(devices.some(({ agents }) => agents.includes("joined")));
    });
    await t.step("what would be pruned", async () => {
      await Deno.remove(join(repository.clone, "workspaces/factory-b"), {
        recursive: true,
      });
      const { objects, held } = await plan();
      assert.equal(
        objects.filter(({ workspace }) => workspace === "factory-b").length,
        43,
      );
      assert.deepEqual(held.map(({ workspace }) => workspace), ["factory-b"]);
    });
    await t.step("nothing of it was done", async () => {
      const { items } = await client.listAll(Agent, {
        namespace: "factory-b",
      });
      assert.equal(items.length, 40);
      const { spec } = await client.get<Monitoring>(Monitoring, "host", {
        namespace: "factory-a",
      });
      assert.deepEqual(spec.config, {
        interval: "99s",
        listen: "127.0.0.1:0",
      });
    });
    await t.step("what left before is told no more", async () => {
      const annotations = {
        [DELETE_AFTER_ANNOTATION]: new Date(Date.now() + 3600_000)
          .toISOString(),
      };
      await client.patch(
        Workspace,
        "factory-b",
        { metadata: { annotations } },
        {
          type: "merge",
        },
      );
      const { objects, devices, held } = await plan();
      assert.deepEqual(
        [...objects, ...devices, ...held].filter(({ workspace }) =>
          workspace === "factory-b"
        ),
        [],
      );
    });
    await t.step("another Repository is to be named right", async () => {
      const io = bufferIo();
      const args = ["plan", "--live", "--repository", "other"];
      const code = await main([
        ...args,
        "--kubeconfig",
        up.kubeconfigPath,
        repository.clone,
      ], { io });
      assert.equal(code, 1);
      assert.match(io.stderr, /there is no Repository other/);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
