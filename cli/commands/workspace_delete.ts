import { Workspace } from "../../api/workspace.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { noneOfName } from "../none_of_name.ts";
import { secondsOf } from "../seconds.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** How often to look whether the workspace is gone, in milliseconds. */
const INTERVAL = 250;

/** `faros workspace delete` */
export const command = defineCommand({
  description:
    "Deletes a workspace with all that is in it: agents, plugin objects, their\ncredentials. Devices keep running what they have.",
  arguments: [{ name: "NAME", description: "Name of the workspace" }],
  options: {
    ...clusterOptions,
    yes: {
      type: "boolean",
      short: "y",
      description: "Do not ask",
    },
    "no-wait": {
      type: "boolean",
      description: "Do not wait until it is gone",
    },
    timeout: {
      type: "string",
      value: "DURATION",
      default: "60s",
      description: "How long to wait at most",
    },
  },
  examples: [
    {
      run: "faros workspace delete factory-a --yes",
      does: "Delete a workspace without asking",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    const seconds = secondsOf(options.timeout);
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    const found = await client.tryGet<Workspace>(Workspace, name, { signal });
    if (!found) {
      throw await noneOfName(Workspace, name, {
        client,
        doing: "delete",
        signal,
      });
    }
    if (!options.yes && !confirmed(name)) {
      throw new Error(`Workspace ${name} is not deleted; say --yes to do so`);
    }
    const { uid } = found.metadata;
    await client.delete(Workspace, name, { ...(uid ? { uid } : {}), signal });
    if (!options["no-wait"]) {
      const deadline = Date.now() + seconds * 1000;
      while (
        (await client.tryGet(Workspace, name, { signal }))?.metadata.uid === uid
      ) {
        if (Date.now() > deadline) {
          throw new Error(
            `Workspace ${name} is still being deleted after ${seconds} s; see its conditions: 'faros workspace get ${name} -o yaml'`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, INTERVAL));
        signal.throwIfAborted();
      }
    }
    io.out(`workspace.tenancy.faros.sh/${name} deleted`);
  },
});

function confirmed(name: string): boolean {
  if (!Deno.stdin.isTerminal()) return false;
  return confirm(`Delete workspace ${name} with all that is in it?`);
}
