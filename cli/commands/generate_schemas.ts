import { kinds } from "../../api/kinds.ts";
import { defineCommand } from "../command.ts";
import { schemaFiles } from "../generate/files.ts";
import { generateOptions } from "../generate/options.ts";
import { writeFiles } from "../generate/write_files.ts";

/** `faros generate schemas` */
export const command = defineCommand({
  description:
    "Writes JSON Schemas of the manifests, with which editors complete and check\nthem (yaml-language-server): one a kind, and faros.json for files of any kind.",
  options: generateOptions,
  examples: [
    { run: "faros generate schemas -o .schemas", does: "Write them" },
    {
      run: "faros generate schemas -o docs/schemas --check",
      does: "Check that they are up to date",
    },
  ],
  async run({ options: { output, check }, io }) {
    const remedy = `faros generate schemas -o ${output}`;
    const files = schemaFiles(kinds);
    return await writeFiles(files, { dir: output, check, io, remedy });
  },
});
