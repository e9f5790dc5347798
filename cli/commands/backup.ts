import { join } from "node:path";
import type { Io } from "../io.ts";
import { describeBackup, saveBackup } from "../backup_file.ts";
import { clusterOptions, openCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";

/** `faros backup` */
export const command = defineCommand({
  description:
    "Writes a backup of the embedded API server to FILE: every object, and the keys,\ncertificates and tokens beside the database. Of a running server it is the state\nof one moment, while requests go on; without --data that which the kubeconfig\nnames, as an administrator. What is encrypted stays so, all else is plain: keep\nFILE as safe as the server itself.",
  arguments: [{ name: "FILE", description: "Where to write it" }],
  options: {
    data: {
      type: "string",
      value: "DIR",
      description: "The server's data folder, whether it runs or not",
    },
    ...clusterOptions,
  },
  examples: [
    {
      run: "faros backup fleet.backup --data /var/lib/faros",
      does: "Back up a server on this machine",
    },
    {
      run: "faros backup fleet.backup --context root",
      does: "Back up a server elsewhere",
    },
  ],
  async run({ args, options, io, signal }) {
    const [file] = args as [string];
    const { data } = options;
    const summary = data === undefined
      ? await backupOfServer(file, { from: options, io, signal })
      : await backupOfFolder(file, { data, io, signal });
    io.out(`${file}: ${describeBackup(summary)}`);
  },
});

async function backupOfFolder(
  file: string,
  { data, io, signal }: { data: string; io: Io; signal: AbortSignal },
) {
  const { backupOfFolder } = await import("../../apiserver/backup/mod.ts");
  try {
    return await saveBackup(backupOfFolder(data), { file, io, signal });
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof Deno.errors.NotFound) {
      throw new Error(`There is no database in ${data} to back up`);
    }
    if (!/database is locked/.test(String(cause))) throw error;
    // A server runs on it: it can say itself what it holds.
    const from = {
      kubeconfig: join(data, "admin.kubeconfig"),
      context: undefined,
    };
    return await backupOfServer(file, { from, io, signal });
  }
}

async function backupOfServer(
  file: string,
  { from, io, signal }: {
    from: { kubeconfig: string | undefined; context: string | undefined };
    io: Io;
    signal: AbortSignal;
  },
) {
  using cluster = await openCluster(from, io);
  const bytes = await cluster.client.rest.performRequest({
    method: "GET",
    path: "/backup",
    expectStream: true,
    abortSignal: signal,
  });
  return await saveBackup(bytes, { file, io, signal });
}
