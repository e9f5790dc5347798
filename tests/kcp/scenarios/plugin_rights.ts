import assert from "node:assert/strict";
import { runAgent } from "../../../agent/mod.ts";
import { hostCommand } from "../../../agent/testing/script_plugin.ts";
import { Agent } from "../../../api/agent.ts";
import * as core from "../../../api/core.ts";
import type { Kind, Resource } from "../../../api/kind.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Monitoring } from "../../../api/monitoring.ts";
import { Registration } from "../../../api/registration.ts";
import { createLogger } from "../../../kube/log.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { asked, asking, configMapRule } from "../../agent/asking_plugin.ts";
import { bundle } from "../../agent/site.ts";
import { TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

const permissions = {
  kubernetes: [
    configMapRule("settings", ["get", "list", "watch"]),
    {
      apiGroup: "plugins.faros.sh",
      resources: ["monitorings"],
      verbs: ["list" as const],
    },
    // kcp serves no such kind.
    { apiGroup: "apps", resources: ["deployments"], verbs: ["list" as const] },
  ],
};

/** The plugin of the scenario. */
export const reader = bundle({
  name: "reader",
  version: "1.0.0",
  source: asking,
  type: "reader",
  permissions,
});

export const pluginRights: Scenario = {
  name:
    "a plugin reads what it was granted in its device's workspace, of the kinds that are served there",
  async run(environment) {
    const { dir, logs } = environment;
    const client = await environment.workspace("site-rights", {
      plugins: [{ name: "reader", permissions }],
    });
    const scope = { namespace: "default" };
    const create = (
      kind: Resource | Kind,
      name: string,
      rest: Record<string, unknown>,
    ) =>
      client.create<KubeObject>(kind, {
        apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version,
        kind: kind.kind,
        metadata: { name, ...scope },
        ...rest,
      } as KubeObject);
    for (const name of ["settings", "private"]) {
      await create(core.ConfigMap, name, { data: { of: `the ${name}` } });
    }
    const asks = [
      ["get", "ConfigMap", "settings"],
      ["get", "ConfigMap", "private"],
      ["list", "ConfigMap"],
      ["list", "Monitoring"],
      ["list", "Deployment"],
    ];
    await create(Monitoring, "reader", {
      spec: {
        type: "reader",
        config: { asks, watch: { kind: "ConfigMap", name: "settings" } },
      },
    });
    await create(Registration, "line", {
      spec: { agentTemplate: { plugins: [{ name: "reader" }] } },
    });
    const secret = await eventually(async () => {
      const { status } = await client.get<Registration>(
        Registration,
        "line",
        scope,
      );
      const name = status?.secretRef?.name;
      if (!name) return;
      return await client.tryGet<
        KubeObject & { data: Record<string, string> }
      >(core.Secret, name, scope);
    }, { timeout: TIMEOUT, what: "the join Secret was there" });
    const kubeconfigPath = `${dir}/rights.kubeconfig`;
    await Deno.writeFile(
      kubeconfigPath,
      Uint8Array.fromBase64(secret.data.kubeconfig!),
    );

    const stop = new AbortController();
    const device = runAgent({
      kubeconfigPath,
      name: "press-1",
      stateDir: `${dir}/rights`,
      pluginHost: { command: hostCommand },
      log: createLogger({ level: "info", write: (line) => logs.push(line) }),
      signal: stop.signal,
    });
    try {
      let agent: Agent | undefined;
      const { answers, seen } = await eventually(async () => {
        agent = await client.tryGet<Agent>(Agent, "press-1", scope);
        const found = agent && asked(agent, "reader");
        return found?.seen.length &&
            Object.keys(found.answers).length === asks.length
          ? found
          : undefined;
      }, { timeout: TIMEOUT, what: "the plugin had asked" }).catch((error) => {
        throw new Error(
          `${error.message}: ${JSON.stringify(agent?.status)}\n${
            logs.slice(-20).join("\n")
          }`,
          { cause: error },
        );
      });
      assert.deepEqual(
        Object.fromEntries(
          Object.entries(answers).filter(([, a]) => !/^403 /.test(a)),
        ),
        {
          "get ConfigMap settings": "the settings",
          "list Monitoring": "reader",
        },
      );
      assert.deepEqual(seen, ["ADDED the settings"]);
      assert.match(answers["list Deployment"]!, /of what is served here/);
    } finally {
      stop.abort();
      await device;
    }
    // Later scenarios count what is stored.
    await client.delete(Monitoring, "reader", scope);
  },
};
