import { defineCommand } from "../command.ts";
import { VERSION } from "../version.ts";

/** `faros version` */
export const command = defineCommand({
  description: "Shows the versions of Faros and of what it runs on.",
  options: {
    output: {
      type: "string",
      short: "o",
      value: "FORMAT",
      description: "How to print",
      choices: ["json", "yaml"],
    },
  },
  examples: [
    { run: "faros version", does: "Show the version" },
    { run: "faros version -o json", does: "The same for programs" },
  ],
  async run({ options, io }) {
    const { os, arch } = Deno.build;
    const facts = {
      version: VERSION,
      deno: Deno.version.deno,
      platform: `${os}/${arch}`,
    };
    if (options.output) {
      const { writeObject } = await import("../output.ts");
      writeObject(facts, { io, output: options.output });
    } else io.out(`faros ${VERSION} (deno ${facts.deno}, ${facts.platform})`);
  },
});
