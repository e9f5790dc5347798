import { join } from "node:path";
import { type Child, startChild } from "../../cli/demo/child.ts";
import { selfCommand } from "../../cli/self_command.ts";
import type { Engine } from "./engine.ts";
import { kcpMissing, startKcp } from "./kcp_server.ts";
import { freePort } from "./process.ts";

/** The hub's workspace. */
const HUB = "root:faros";

/** `faros hub` against a real kcp. */
export const kcp: Engine = {
  name: "kcp",
  missing: kcpMissing(),
  async start({ dir, people }) {
    const server = await startKcp({ dir, people });
    const listen = `127.0.0.1:${freePort()}`;
    const start = async (
      name = "hub",
      address = listen,
    ): Promise<Child> => {
      const hub = startChild([
        ...selfCommand(),
        "hub",
        ...["--kubeconfig", join(server.dir, "admin.kubeconfig")],
        ...["--data", `${dir}/${name}`, "--listen", address],
        // As behind one name.
        ...["--hub-url", `http://${listen}`],
      ], { name: `faros ${name}`, cwd: dir });
      try {
        await hub.waitForLine(/^ready\b/, { timeout: 120_000 });
      } catch (error) {
        await hub.kill();
        throw error;
      }
      return hub;
    };
    try {
      const kubeconfig = await server.kubeconfig(HUB);
      let hub = await start();
      return {
        kubeconfig,
        workspace: async (name) => ({
          kubeconfig: await server.kubeconfig(`${HUB}:${name}`),
          namespace: "default",
        }),
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
    } catch (error) {
      await server.close();
      throw error;
    }
  },
};
