import { type Child, startChild } from "../../cli/demo/child.ts";
import { selfCommand } from "../../cli/self_command.ts";
import type { RunningEngine } from "./engine.ts";
import { freePort } from "./process.ts";

/** Options of {@linkcode startHubs}. */
export interface HubProcessesOptions {
  /** Folder for the hubs' data. */
  dir: string;
  kubeconfig: string;
  /** Bearer tokens of the people of the API server, by their names. */
  tokens: ReadonlyMap<string, string>;
  /** Milliseconds until a hub has to be ready. */
  timeout: number;
}

/** What an engine says of its hubs and its people. */
export type HubProcesses = Pick<
  RunningEngine,
  "hub" | "startHub" | "startReplica" | "person"
>;

/** Starts `faros hub` on an API server that is there. */
export async function startHubs(
  { dir, kubeconfig, tokens, timeout }: HubProcessesOptions,
): Promise<HubProcesses> {
  const listen = `127.0.0.1:${freePort()}`;
  const start = async (name = "hub", address = listen): Promise<Child> => {
    const hub = startChild([
      ...selfCommand(),
      "hub",
      ...["--kubeconfig", kubeconfig],
      ...["--data", `${dir}/${name}`, "--listen", address],
      // As behind one name.
      ...["--hub-url", `http://${listen}`],
    ], { name: `faros ${name}`, cwd: dir });
    try {
      await hub.waitForLine(/^ready\b/, { timeout });
    } catch (error) {
      await hub.kill();
      throw error;
    }
    return hub;
  };
  let hub = await start();
  return {
    get hub() {
      return hub;
    },
    async startHub() {
      hub = await start();
    },
    startReplica: () => start("replica", `127.0.0.1:${freePort()}`),
    person(name) {
      const token = tokens.get(name);
      return token
        ? Promise.resolve({ user: name, token })
        : Promise.reject(new Error(`${name} is none of the people`));
    },
  };
}
