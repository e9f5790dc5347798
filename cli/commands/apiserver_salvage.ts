import { describeBackup, saveBackup } from "../backup_file.ts";
import { defineCommand } from "../command.ts";
import { requireDatabase } from "../require_database.ts";

/** `faros apiserver salvage` */
export const command = defineCommand({
  description:
    "Saves what can be read of a damaged database as a backup, and says what is lost.\nWhere the newest state of an object cannot be read, an earlier one takes its\nplace. A backup that was made before the damage is better, where there is one.",
  arguments: [{ name: "FILE", description: "Where to write the backup" }],
  options: {
    data: {
      type: "string",
      value: "DIR",
      default: "./faros-data",
      description: "The server's data folder; it is left as it is",
    },
  },
  examples: [
    {
      run: "faros apiserver salvage saved.backup --data /var/lib/faros",
      does: "Save what is readable; then 'faros restore' it into a new folder",
    },
  ],
  async run({ args, options, io }) {
    const [file] = args as [string];
    const { salvage } = await import("../../apiserver/backup/mod.ts");
    await requireDatabase(options.data, "salvage");
    const saved = await salvage(options.data);
    const summary = await saveBackup(saved.bytes, { file, io });
    for (const lost of saved.lost) io.err(`Lost: ${lost}.`);
    io.out(`${file}: ${describeBackup(summary)}`);
  },
});
