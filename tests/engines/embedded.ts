import { join } from "node:path";
import { type Child, startChild } from "../../cli/demo/child.ts";
import { selfCommand } from "../../cli/self_command.ts";
import { accountPerson } from "./account_person.ts";
import type { Engine } from "./engine.ts";
import { freePort } from "./process.ts";

/** `faros up`: hub and API server in one process. */
export const embedded: Engine = {
  name: "embedded",
  async start({ dir }) {
    const data = join(dir, "hub");
    const kubeconfig = join(data, "admin.kubeconfig");
    // Of this run, and the same after a restart: devices know them.
    const listen = `127.0.0.1:${freePort()}`;
    const hubListen = `127.0.0.1:${freePort()}`;
    const start = async (): Promise<Child> => {
      const hub = startChild([
        ...selfCommand(),
        "up",
        ...["--data", data, "--listen", listen, "--hub-listen", hubListen],
      ], { name: "faros up", cwd: dir });
      try {
        await hub.waitForLine(/^ready\b/, { timeout: 60_000 });
      } catch (error) {
        await hub.kill();
        throw error;
      }
      return hub;
    };
    let hub = await start();
    return {
      kubeconfig,
      workspace: (namespace) => Promise.resolve({ kubeconfig, namespace }),
      get hub() {
        return hub;
      },
      async startHub() {
        hub = await start();
      },
      // The only identities that `faros up` gives out.
      person: (name) => accountPerson(kubeconfig, name),
      async close() {
        await hub.stop();
      },
    };
  },
};
