import type { Engine } from "./engine.ts";
import { startHubs } from "./hub_processes.ts";
import { kubeApiserverMissing, startKubeApiserver } from "./kube_apiserver.ts";

/** `faros hub` against a real kube-apiserver with etcd and kube-controller-manager. */
export const kubernetes: Engine = {
  name: "kube-apiserver",
  missing: kubeApiserverMissing(),
  async start({ dir, people = [] }) {
    const server = await startKubeApiserver({
      controllerManager: true,
      people,
    });
    if (!server) throw new Error(kubeApiserverMissing());
    const kubeconfig = server.kubeconfigPath;
    try {
      const hubs = await startHubs({
        dir,
        kubeconfig,
        tokens: server.tokens,
        timeout: 60_000,
      });
      return Object.assign(hubs, {
        kubeconfig,
        workspace: (namespace: string) =>
          Promise.resolve({ kubeconfig, namespace }),
        async close() {
          await hubs.hub.stop();
          await server.close();
        },
      });
    } catch (error) {
      await server.close();
      throw error;
    }
  },
};
