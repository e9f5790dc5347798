import { join } from "node:path";
import type { Engine } from "./engine.ts";
import { startHubs } from "./hub_processes.ts";
import { kcpMissing, startKcp } from "./kcp_server.ts";

/** The hub's workspace. */
const HUB = "root:faros";

/** `faros hub` against a real kcp. */
export const kcp: Engine = {
  name: "kcp",
  missing: kcpMissing(),
  async start({ dir, people }) {
    const server = await startKcp({ dir, people });
    try {
      const hubs = await startHubs({
        dir,
        kubeconfig: join(server.dir, "admin.kubeconfig"),
        tokens: server.tokens,
        timeout: 120_000,
      });
      return Object.assign(hubs, {
        kubeconfig: await server.kubeconfig(HUB),
        workspace: async (name: string) => ({
          kubeconfig: await server.kubeconfig(`${HUB}:${name}`),
          namespace: "default",
        }),
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
