/** What a device's token may do for its plugins, as the API server itself decides it. */
import assert from "node:assert/strict";
import { ConfigMap, Secret } from "../api/core.ts";
import { Enrollment } from "../api/enrollment.ts";
import type { KubeObject } from "../api/meta.ts";
import { Monitoring } from "../api/monitoring.ts";
import { Network } from "../api/network.ts";
import { Registration } from "../api/registration.ts";
import type { KubeClient } from "../kube/client.ts";
import {
  condition,
  engines,
  HubEnvironment,
  probePlugin,
} from "./hub/environment.ts";
import { TestDevice } from "./hub/device.ts";

const NAMESPACE = "plant";
const REGISTRATION = "line";
const scope = { namespace: NAMESPACE };
const permissions = {
  kubernetes: [
    {
      apiGroup: "",
      resources: ["configmaps"],
      verbs: ["get" as const, "watch" as const],
      resourceNames: ["settings"],
    },
    {
      apiGroup: "plugins.faros.sh",
      resources: ["networks"],
      verbs: ["list" as const],
    },
  ],
};

/** The token of a device that has joined and runs the probe. */
async function join(environment: HubEnvironment): Promise<string> {
  await environment.create(Registration, REGISTRATION, {
    ...scope,
    spec: { agentTemplate: { plugins: [{ name: "probe" }] } },
  });
  const { status } = await environment.until<Registration>(
    Registration,
    { ...scope, name: REGISTRATION },
    "is Ready",
    condition("Ready"),
  );
  const { token } = await environment.secret(
    NAMESPACE,
    status!.secretRef!.name,
  );
  const device = await TestDevice.make();
  using joining = environment.as(token!);
  await device.enroll(joining, {
    ...scope,
    agent: "press-1",
    registration: REGISTRATION,
    token: token!,
  });
  const enrollment = await environment.until<Enrollment>(
    Enrollment,
    { ...scope, name: device.id },
    "is Enrolled",
    condition("Ready", "Enrolled"),
  );
  await environment.untilAgent(
    NAMESPACE,
    "press-1",
    "is assigned",
    (agent) => agent.status?.assignment,
  );
  return (await device.decrypt(enrollment.status!.credential!)).token;
}

const configMap = (client: KubeClient, namespace: string, name: string) =>
  client.create<KubeObject>(ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
  });

for (const engine of engines) {
  Deno.test({
    name:
      `on ${engine.name}: a device's token may do what its plugins were granted, in its workspace, and no more`,
    ignore: !!engine.missing,
    fn: async () => {
      await using environment = await HubEnvironment.start(engine, {
        catalogue: [probePlugin({ permissions })],
      });
      await environment.workspace("other");
      await environment.workspace(NAMESPACE, {
        plugins: [{ name: "probe", permissions }],
      });
      for (const namespace of [NAMESPACE, "other"]) {
        await configMap(environment.client, namespace, "settings");
        await configMap(environment.client, namespace, "private");
      }
      await environment.create(Monitoring, "probe", {
        ...scope,
        spec: { type: "probe", config: {} },
      });
      using device = environment.as(await join(environment));

      const settings = { fieldSelector: "metadata.name=settings" };
      await device.get(ConfigMap, "settings", scope);
      await device.listAll(Network, scope);
      const other = { namespace: "other" };
      const refused: [string, () => Promise<unknown>][] = [
        ["another object", () => device.get(ConfigMap, "private", scope)],
        ["all objects", () => device.list(ConfigMap, scope)],
        ["a verb", () => device.list(ConfigMap, { ...scope, ...settings })],
        ["its neighbour's", () => device.get(ConfigMap, "settings", other)],
        ["its neighbour's list", () => device.list(Network, other)],
        ["everybody's list", () => device.list(Network)],
        ["another kind", () => device.list(Monitoring, scope)],
        ["Secrets", () => device.list(Secret, scope)],
        [
          "writing",
          () => device.patch(ConfigMap, "settings", { data: {} }, scope),
        ],
      ];
      for (const [what, ask] of refused) {
        await assert.rejects(
          ask(),
          (error: { code?: number }) => error.code === 403,
          `${what} is not refused`,
        );
      }
    },
  });
}
