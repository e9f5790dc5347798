import { describeBackup } from "../backup_file.ts";
import { defineCommand } from "../command.ts";
import { progressTo } from "../progress.ts";

/** `faros restore` */
export const command = defineCommand({
  description:
    "Makes a data folder from a backup. The resourceVersion is raised and history\nexpires, so that no client takes an old state for a new one: watches from before\nare told to start anew. A server with encrypted Secrets needs the keys that they\nare encrypted with.",
  arguments: [{ name: "FILE", description: "A backup of 'faros backup'" }],
  options: {
    data: {
      type: "string",
      value: "DIR",
      required: true,
      description: "The folder to make; empty, where it is there",
    },
  },
  examples: [
    {
      run: "faros restore fleet.backup --data /var/lib/faros",
      does: "Restore, then start with 'faros up --data /var/lib/faros'",
    },
  ],
  async run({ args, options, io, signal }) {
    const [file] = args as [string];
    const { restore } = await import("../../apiserver/backup/mod.ts");
    const progress = progressTo(io);
    const summary = await restore(file, options.data, {
      onProgress: (done, total) => {
        signal.throwIfAborted();
        progress(() => `${Math.floor(100 * done / total)} %`);
      },
    });
    io.out(`${options.data}: restored ${describeBackup(summary)}`);
    if (summary.header.salvaged) {
      io.err(
        "This was saved from a damaged database: objects may be missing, or older than they were.",
      );
    }
  },
});
