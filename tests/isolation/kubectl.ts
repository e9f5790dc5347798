import { join } from "node:path";
import { writeKubeconfig } from "../../kube/kubeconfig.ts";
import { createKubectl } from "../e2e/kubectl.ts";
import type { Trial } from "./trial.ts";
import type { Actor, World } from "./world.ts";

/** What people type: `kubectl get --raw` and the like. */
export async function tryKubectl(
  trial: Trial,
  { world, dir }: { world: World; dir: string },
): Promise<void> {
  const { own, other, root } = world;
  const { namespace, base } = other;
  const commands = [
    ["get", "--raw", `${base}/api/v1/namespaces/${namespace}/secrets`],
    [
      "get",
      "--raw",
      `${base}/api/v1/namespaces/${own.namespace}/../${namespace}/secrets`,
    ],
    ["get", "--raw", `${base}/api/v1//namespaces/${namespace}/secrets`],
    ["get", "secrets", "-n", namespace, "-o", "yaml"],
    ["get", "secrets,configmaps,agents", "-A"],
    ["get", "agents", "-n", namespace, "--watch-only", "--request-timeout=1s"],
    ["describe", "agent", "press-1", "-n", namespace],
    ["create", "token", "faros-sync", "-n", namespace],
    ["auth", "can-i", "get", "secrets", "-n", namespace],
    ["delete", "agents", "--all", "-n", namespace, "--dry-run=server"],
    ["get", "secrets", "-n", namespace, "--as=system:admin"],
    ["get", "secrets", "-n", namespace, "--as=x", "--as-group=system:masters"],
  ];
  const kubectl = async (actor: Actor) => {
    const path = join(dir, `${actor.part}.kubeconfig`);
    await writeKubeconfig(path, {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      clusters: [{
        name: "c",
        cluster: {
          server: world.http.origin,
          "certificate-authority-data": btoa(world.caData),
        },
      }],
      users: [{ name: "u", user: { token: actor.token! } }],
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    });
    return createKubectl(path, { dir });
  };
  const right = await kubectl({ ...root, part: "anonymous" });
  for (const actor of [own.members.admin, own.members.viewer]) {
    const run = await kubectl(actor);
    for (const args of commands) {
      const done = await right(args);
      const { code, stdout, stderr } = await run(args);
      const ask = { method: "kubectl", path: args.join(" ") };
      const answer = {
        status: code === 0 ? 200 : 403,
        text: `${stdout}${stderr}`,
      };
      trial.judge(actor, ask, {
        answer,
        expected: "refused",
        live: done.code === 0,
      });
    }
  }
}
