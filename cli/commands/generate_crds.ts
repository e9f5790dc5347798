import { kinds } from "../../api/kinds.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { crdFiles } from "../generate/files.ts";
import { generateOptions } from "../generate/options.ts";
import { writeFiles } from "../generate/write_files.ts";

/** `faros generate crds` */
export const command = defineCommand({
  description:
    "Writes the CustomResourceDefinitions of the kinds of Faros: a file each with\n-o, else all to standard output.",
  options: {
    ...generateOptions,
    output: { ...generateOptions.output, required: false },
  },
  examples: [
    {
      run: "faros generate crds | kubectl apply --server-side -f -",
      does: "Install them in a cluster",
    },
    {
      run: "faros generate crds -o deploy/crds",
      does: "Write them to files",
    },
  ],
  async run({ options: { output, check }, io }) {
    const files = crdFiles(kinds);
    if (output === undefined) {
      if (check) throw new UsageError("--check needs -o DIR");
      io.write(Object.values(files).map((text) => `---\n${text}`).join(""));
      return;
    }
    const remedy = `faros generate crds -o ${output}`;
    return await writeFiles(files, { dir: output, check, io, remedy });
  },
});
