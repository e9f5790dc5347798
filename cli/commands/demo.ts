import { defineCommand } from "../command.ts";

/** `faros demo` */
export const command = defineCommand({
  description:
    "Shows a git push change what runs on three devices, all on this machine: a hub\nwith its API server, a Git repository made from the example fleet, and three\nagents, each a process of its own. Needs git. Everything is in a temp folder\nand gone at the end.",
  options: {
    once: {
      type: "boolean",
      description:
        "End when the change has arrived, instead of staying until Ctrl-C",
    },
    "agent-binary": {
      type: "string",
      value: "PATH",
      description: "Run the agents from this binary of faros",
    },
  },
  examples: [
    { run: "faros demo", does: "Watch it, then try kubectl on it" },
    { run: "faros demo --once", does: "Only check that it works here" },
  ],
  async run({ options, io, signal }) {
    const { runDemo } = await import("../demo/demo.ts");
    await runDemo({
      once: options.once,
      agentBinary: options["agent-binary"],
      io,
      signal,
    });
  },
});
