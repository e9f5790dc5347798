/** What plugins may do in the Kubernetes API: agents with script plugins against a real hub. */
import assert from "node:assert/strict";
import type { Agent } from "../api/agent.ts";
import { ConfigMap } from "../api/core.ts";
import type { KubernetesPermission } from "../api/kubernetes_permission.ts";
import type { KubeObject } from "../api/meta.ts";
import { Workspace } from "../api/workspace.ts";
import { getCondition } from "../kube/conditions.ts";
import { asked, asking, configMapRule } from "./agent/asking_plugin.ts";
import {
  bundle,
  converged,
  type Site,
  startSite,
  WORKSPACE,
} from "./agent/site.ts";

type Data = KubeObject & { data: Record<string, string> };

/** Writes a ConfigMap into the workspace. */
async function configMap(
  { client }: Site,
  name: string,
  { of = `site's ${name}` } = {},
): Promise<void> {
  await client.apply<KubeObject>(ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: WORKSPACE },
    data: { of },
  } as Data, { fieldManager: "test", force: true });
}

Deno.test("a plugin reads what it was granted, and neither more nor what its neighbour may read", async () => {
  await using site = await startSite({
    catalogue: [
      bundle({
        name: "first",
        version: "1.0.0",
        source: asking,
        type: "first",
        permissions: {
          kubernetes: [configMapRule("first", ["get", "list", "watch"])],
        },
      }),
      bundle({
        name: "second",
        version: "1.0.0",
        source: asking,
        type: "second",
        permissions: {
          kubernetes: [configMapRule("second"), {
            apiGroup: "plugins.faros.sh",
            resources: ["networks", "monitorings"],
            verbs: ["list"],
          }],
        },
      }),
      bundle({
        name: "third",
        version: "1.0.0",
        source: asking,
        type: "third",
      }),
    ],
    plugins: ["first", "second", "third"],
  });
  for (const name of ["first", "second", "third"]) {
    await configMap(site, name);
  }
  const asks = [
    ["get", "ConfigMap", "first"],
    ["get", "ConfigMap", "second"],
    ["get", "ConfigMap", "third"],
    ["get", "ConfigMap", "first/../second"],
    ["get", "ConfigMap", "../../other/configmaps/first"],
    ["get", "ConfigMap", ""],
    ["list", "ConfigMap"],
    ["list", "ConfigMap", { name: "first" }],
    ["watch", "ConfigMap", { name: "first" }],
    ["watch", "ConfigMap", { name: "second" }],
    ["list", "Monitoring"],
    ["list", "Monitoring.v1alpha1.plugins.faros.sh"],
    ["get", "Monitoring", "first"],
    ["list", "Secret"],
    ["get", "Agent", "press-1"],
    ["get", "Namespace", WORKSPACE],
  ];
  await site.monitoring({
    type: "first",
    config: { asks, watch: { kind: "ConfigMap", name: "first" } },
  }, "first");
  await site.monitoring({ type: "second", config: { asks } }, "second");
  await site.monitoring({ type: "third", config: { asks } }, "third");
  await site.joinKubeconfig();
  site.device("press-1");
  const agent = await site.until(
    "press-1",
    "converged, and its plugins have asked",
    (agent) =>
      converged(agent) &&
      asked(agent, "first")?.seen.length &&
      ["first", "second", "third"].every((plugin) =>
        Object.keys(asked(agent, plugin)?.answers ?? {}).length ===
          asks.length
      ),
  );

  const allowed = (plugin: string) =>
    Object.fromEntries(
      Object.entries(asked(agent, plugin)!.answers)
        .filter(([, answer]) => !/^403 /.test(answer)),
    );
  assert.deepEqual(allowed("first"), {
    "get ConfigMap first": "site's first",
    "list ConfigMap first": "first",
    "watch ConfigMap first": "site's first",
  });
  assert.deepEqual(allowed("second"), {
    "get ConfigMap second": "site's second",
    "list Monitoring": "first,second,third",
    "list Monitoring.v1alpha1.plugins.faros.sh": "first,second,third",
  });
  assert.deepEqual(allowed("third"), {});
  assert.match(
    asked(agent, "first")!.answers["get ConfigMap second"]!,
    /Plugin first may not get ConfigMap second: .* granted get, list, watch of configmaps named first/,
  );
  assert.match(
    asked(agent, "second")!.answers["watch ConfigMap second"]!,
    /may not list and watch ConfigMap second/,
  );

  assert.deepEqual(asked(agent, "first")!.seen, ["ADDED site's first"]);
  await configMap(site, "second", { of: "unseen" });
  await configMap(site, "first", { of: "changed" });
  const later = await site.until(
    "press-1",
    "told of the change",
    (agent) => (asked(agent, "first")?.seen.length ?? 0) > 1,
  );
  assert.deepEqual(asked(later, "first")!.seen, [
    "ADDED site's first",
    "MODIFIED changed",
  ]);
});

Deno.test("a Workspace that grants less than a plugin needs says so, and one that takes a grant back ends the right", async () => {
  const needed = configMapRule("settings", ["get", "watch"]);
  await using site = await startSite({
    catalogue: [
      bundle({
        version: "1.0.0",
        source: asking,
        permissions: { kubernetes: [needed] },
      }),
    ],
    workspace: [{
      name: "test",
      permissions: { kubernetes: [configMapRule("settings")] },
    }],
  });
  const grant = (...kubernetes: KubernetesPermission[]) =>
    site.client.patch(Workspace, WORKSPACE, {
      spec: { plugins: [{ name: "test", permissions: { kubernetes } }] },
    });
  await configMap(site, "settings");
  await site.monitoring({
    type: "test",
    config: { asks: [["get", "ConfigMap", "settings"]] },
  });
  await site.joinKubeconfig();
  site.device("press-1");
  const lacking = await site.until(
    "press-1",
    "refused its plugin",
    ({ status }) =>
      getCondition(status?.conditions, "Ready")?.reason ===
        "PermissionNotGranted",
  );
  const { message } = getCondition(lacking.status!.conditions, "Ready")!;
  assert.match(message, /kubernetes watch of configmaps named settings\. Its/);
  assert.match(
    message,
    /kubernetes:\n( +.*\n)+ +verbs:\n +- watch\n +resourceNames:\n +- settings$/,
  );

  await grant({ ...needed, resourceNames: undefined });
  const answer = (agent: Agent) =>
    asked(agent, "host")?.answers["get ConfigMap settings"] ?? "";
  await site.until(
    "press-1",
    "running, and its plugin reads",
    (agent) => converged(agent) && answer(agent) === "site's settings",
  );

  await grant(configMapRule("another"));
  await site.until(
    "press-1",
    "running, and its plugin reads no more",
    (agent) => /^403 /.test(answer(agent)),
  );
});

Deno.test("a plugin that asks for credentials runs nowhere, whatever the Workspace grants", async () => {
  const permissions = {
    kubernetes: [{
      apiGroup: "",
      resources: ["configmaps", "secrets"],
      verbs: ["get" as const],
    }],
  };
  await using site = await startSite({
    catalogue: [bundle({ version: "1.0.0", source: asking, permissions })],
  });
  await site.monitoring({ type: "test", config: { asks: [] } });
  await site.joinKubeconfig();
  site.device("press-1");
  const agent = await site.until(
    "press-1",
    "refused its plugin",
    ({ status }) =>
      getCondition(status?.conditions, "Ready")?.reason ===
        "PermissionNotAllowed",
  );
  assert.equal(agent.status!.assignment, undefined);
  assert.match(
    getCondition(agent.status!.conditions, "Ready")!.message,
    /Plugin test 1\.0\.0 needs get of configmaps, secrets: secrets is refused/,
  );
});
