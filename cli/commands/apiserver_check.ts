import { defineCommand } from "../command.ts";
import { requireDatabase } from "../require_database.ts";
import { decryptionOptions, encryptionOf } from "../encryption_options.ts";

/** `faros apiserver check` */
export const command = defineCommand({
  description:
    "Checks the database of a server that does not run: its structure, the checksum\nand the content of every row. Changes nothing. What a server checks by itself at\nevery start is that all rows can be read and are what was written.",
  options: {
    data: {
      type: "string",
      value: "DIR",
      default: "./faros-data",
      description: "The server's data folder",
    },
    ...decryptionOptions,
  },
  examples: [
    {
      run: "faros apiserver check --data /var/lib/faros",
      does: "Check a database; the exit code is 1 where it is damaged",
    },
  ],
  async run({ options, io }) {
    const { checkFolder } = await import("../../apiserver/backup/mod.ts");
    const { data } = options;
    const encryption = await encryptionOf(options, io);
    await requireDatabase(data, "check");
    const result = checkFolder(data, { encryption });
    const path = `${data}/store.db`;
    for (const problem of result.problems) io.out(`${path}: ${problem}`);
    const encrypted = Object.entries(result.encrypted)
      .map(([key, rows]) => `, ${rows} encrypted with key ${key}`).join("");
    io.out(
      `${path}: ${
        result.problems.length === 0 ? "ok" : "damaged"
      }, ${result.rows} rows, resourceVersion ${result.resourceVersion}, layout ${result.layout}${encrypted}`,
    );
    if (result.problems.length === 0) return;
    io.err(
      `The way out: restore a backup into another folder ('faros restore FILE --data DIR'), or save what can be read as one ('faros apiserver salvage FILE --data ${data}').`,
    );
    return 1;
  },
});
