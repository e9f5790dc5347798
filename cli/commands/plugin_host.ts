import { defineCommand } from "../command.ts";

/** `faros plugin-host` */
export const command = defineCommand({
  description:
    "Runs plugins on behalf of an agent, which speaks to it over standard input and\noutput, until that ends. Not for people.",
  options: {},
  examples: [{
    run: "faros plugin-host",
    does: "What an agent starts for the plugins it runs",
  }],
  async run() {
    const { runPluginHost } = await import("../../agent/host/plugin_host.ts");
    await runPluginHost();
  },
});
