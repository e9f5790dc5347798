import { type Child, startChild } from "../../cli/demo/child.ts";
import { selfCommand } from "../../cli/self_command.ts";
import type { Engine } from "./engine.ts";
import { kubeApiserverMissing, startKubeApiserver } from "./kube_apiserver.ts";
import { freePort } from "./process.ts";

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
    const listen = `127.0.0.1:${freePort()}`;
    const start = async (
      name = "hub",
      address = listen,
    ): Promise<Child> => {
      const hub = startChild([
        ...selfCommand(),
        "hub",
        ...["--kubeconfig", kubeconfig],
        ...["--data", `${dir}/${name}`, "--listen", address],
        // As behind one name.
        ...["--hub-url", `http://${listen}`],
      ], { name: `faros ${name}`, cwd: dir });
      try {
        await hub.waitForLine(/^ready\b/, { timeout: 60_000 });
      } catch (error) {
        await hub.kill();
        throw error;
      }
      return hub;
    };
    let hub: Child;
    try {
      hub = await start();
    } catch (error) {
      await server.close();
      throw error;
    }
    return {
      kubeconfig,
      workspace: (namespace) => Promise.resolve({ kubeconfig, namespace }),
      get hub() {
        return hub;
      },
      async startHub() {
        hub = await start();
      },
      startReplica: () => start("replica", `127.0.0.1:${freePort()}`),
      person(name) {
        const token = server.tokens.get(name);
        return token
          ? Promise.resolve({ user: name, token })
          : Promise.reject(new Error(`${name} is none of the people`));
      },
      async close() {
        await hub.stop();
        await server.close();
      },
    };
  },
};
