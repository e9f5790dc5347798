import { kinds } from "../../api/kinds.ts";
import { defineCommand } from "../command.ts";
import { fluxFiles } from "../generate/flux.ts";
import { generateOptions } from "../generate/options.ts";
import { writeFiles } from "../generate/write_files.ts";

/** `faros generate flux` */
export const command = defineCommand({
  description:
    "Writes what Flux has to know of the kinds of Faros; docs/flux.md says how to use it.",
  options: generateOptions,
  examples: [{
    run: "faros generate flux -o deploy/flux",
    does: "Write it to files",
  }],
  async run({ options: { output, check }, io }) {
    const remedy = `faros generate flux -o ${output}`;
    return await writeFiles(fluxFiles(kinds), {
      dir: output,
      check,
      io,
      remedy,
    });
  },
});
