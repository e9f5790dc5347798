import { join } from "node:path";
import { checkAgentName } from "../agent_name.ts";
import { defineCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { loggerOf, logOptions } from "../log_options.ts";
import { selfCommand } from "../self_command.ts";
import { settleMemory } from "../settle_memory.ts";
import { VERSION } from "../version.ts";

/** `faros agent` */
export const command = defineCommand({
  description:
    "Runs the agent of this device: joins with the kubeconfig it is given, then runs\nwhat the hub assigns, with or without a network.",
  options: {
    kubeconfig: {
      type: "string",
      value: "FILE",
      description:
        "The kubeconfig to join with, instead of KUBECONFIG or ~/.kube/config",
    },
    name: {
      type: "string",
      value: "NAME",
      description:
        "Name of the agent [default: that in the kubeconfig, else the host's name]",
    },
    "state-dir": {
      type: "string",
      value: "DIR",
      description:
        "Folder for the device's keys and state [default: /var/lib/faros for root, else ~/.local/state/faros]",
    },
    ...logOptions,
  },
  examples: [
    {
      run: "KUBECONFIG=press-1.kubeconfig faros agent",
      does: "Join, and run",
    },
    {
      run:
        "faros agent --kubeconfig press-1.kubeconfig --state-dir /var/lib/faros",
      does: "The same with all said",
    },
  ],
  async run({ options, io, signal }) {
    if (options.name !== undefined) checkAgentName(options.name, "--name");
    const { runAgent } = await import("../../agent/run_agent.ts");
    // By then a device without a network has started its plugins, too.
    settleMemory({ afterMs: 10_000 });
    await runAgent({
      kubeconfigPath: options.kubeconfig ?? joinKubeconfig(io),
      name: options.name,
      stateDir: options["state-dir"] ?? defaultStateDir(io),
      pluginHost: { command: [...selfCommand(), "plugin-host"] },
      version: VERSION,
      log: loggerOf(options),
      signal,
    });
  },
});

/** Read only when the device has to join; a device that has needs it no more. */
function joinKubeconfig(io: Pick<Io, "env">): string {
  return io.env("KUBECONFIG") || join(home(io), ".kube", "config");
}

function defaultStateDir(io: Pick<Io, "env">): string {
  if (Deno.build.os === "windows") {
    return join(io.env("PROGRAMDATA") ?? "C:\\ProgramData", "faros");
  }
  if (Deno.uid() === 0) return "/var/lib/faros";
  return join(
    io.env("XDG_STATE_HOME") || join(home(io), ".local", "state"),
    "faros",
  );
}

function home(io: Pick<Io, "env">): string {
  return io.env("HOME") ?? io.env("USERPROFILE") ?? ".";
}
