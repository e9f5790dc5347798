import { kinds } from "../../api/kinds.ts";
import { defineCommand } from "../command.ts";
import { referenceFiles } from "../generate/files.ts";
import { generateOptions } from "../generate/options.ts";
import { writeFiles } from "../generate/write_files.ts";

/** `faros generate docs` */
export const command = defineCommand({
  description:
    "Writes the reference pages of the kinds, in Markdown: every field with its\ntype and meaning.",
  options: generateOptions,
  examples: [
    { run: "faros generate docs -o docs/reference", does: "Write them" },
    {
      run: "faros generate docs -o docs/reference --check",
      does: "Check that they are up to date",
    },
  ],
  async run({ options: { output, check }, io }) {
    const remedy = `faros generate docs -o ${output}`;
    const files = referenceFiles(kinds);
    return await writeFiles(files, { dir: output, check, io, remedy });
  },
});
