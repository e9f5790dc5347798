import assert from "node:assert/strict";
import { join } from "node:path";
import { writeKubeconfig } from "../../../kube/kubeconfig.ts";
import { createKubectl } from "../kubectl.ts";
import type { Device } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

export const isolation: Scenario = {
  name: "two devices of one Registration reach nothing of each other's",
  async run(environment, { workspace, devices }) {
    const { namespace } = await environment.in(workspace);
    for (const [mine, other] of [devices, devices.toReversed()]) {
      await checkDevice(mine!, other!);
    }

    async function checkDevice(device: Device, other: Device) {
      const kubectl = createKubectl(await deviceKubeconfig(device), {
        dir: device.dir,
      });
      const n = ["-n", namespace];
      const own = await kubectl(["get", "agent", device.name, ...n]);
      assert.equal(own.code, 0, own.stderr);

      const patch = ["--type=merge", "-p"];
      const label = '{"metadata":{"labels":{"x":"y"}}}';
      const status = '{"status":{"revision":"r-0"}}';
      const secret = "faros-test-secret";
      for (
        const args of [
          ["get", "agent", other.name],
          ["patch", "agent", other.name, ...patch, label],
          [
            "patch",
            "agent",
            other.name,
            "--subresource=status",
            ...patch,
            status,
          ],
          // Its own spec is the fleet's, not the device's.
          ["patch", "agent", device.name, ...patch, '{"spec":{"paused":true}}'],
          ["delete", "agent", other.name],
          ["get", "lease", other.name],
          ["get", "secrets"],
          ["get", "secret", secret],
          ["get", "secret", "line"],
          ["get", "agents"],
          ["get", "enrollments"],
          ["get", "revisions"],
          ["get", "agents", "-A"],
          ["get", "agents", "-w"],
          ["create", "token", `agent-${other.name}`],
          ["get", "serviceaccounts"],
          ["get", "roles"],
          ["get", "configmaps"],
        ]
      ) {
        const { code, stderr } = await kubectl([...args, ...n]);
        assert.notEqual(code, 0, `${device.name}: kubectl ${args.join(" ")}`);
        assert.match(stderr, /forbidden/i, `kubectl ${args.join(" ")}`);
      }
    }
  },
};

/** A kubeconfig of the credential that a device has got. */
async function deviceKubeconfig(device: Device): Promise<string> {
  const text = await Deno.readTextFile(
    join(device.dir, "state", "credential.json"),
  );
  const { server, caData, namespace, token } = JSON.parse(text);
  const path = join(device.dir, "device.kubeconfig");
  await writeKubeconfig(path, {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "device",
    clusters: [{
      name: "faros",
      cluster: { server, "certificate-authority-data": btoa(caData) },
    }],
    users: [{ name: "device", user: { token } }],
    contexts: [{
      name: "device",
      context: { cluster: "faros", user: "device", namespace },
    }],
  });
  return path;
}
