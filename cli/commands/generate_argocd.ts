import { kinds } from "../../api/kinds.ts";
import { defineCommand } from "../command.ts";
import { argocdFiles } from "../generate/argocd.ts";
import { generateOptions } from "../generate/options.ts";
import { writeFiles } from "../generate/write_files.ts";

/** `faros generate argocd` */
export const command = defineCommand({
  description:
    "Writes what Argo CD has to know of the kinds of Faros; docs/argocd.md says how to use it.",
  options: generateOptions,
  examples: [{
    run: "faros generate argocd -o deploy/argocd",
    does: "Write it to files",
  }],
  async run({ options: { output, check }, io }) {
    const remedy = `faros generate argocd -o ${output}`;
    return await writeFiles(argocdFiles(kinds), {
      dir: output,
      check,
      io,
      remedy,
    });
  },
});
