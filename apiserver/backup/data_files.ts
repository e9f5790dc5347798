import { Buffer } from "node:buffer";
import type { FileLine } from "./format.ts";

/** The database, whose content goes its own way; what it is locked by; and what was being written when a process died. */
const NOT_KEPT = /^store\.db|^lock$|\.[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** The files beside the database: keys, certificates, tokens. What lies in folders below can be made again. */
export async function readDataFiles(dataDir: string): Promise<FileLine[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(dataDir)) {
    if (entry.isFile && !NOT_KEPT.test(entry.name)) names.push(entry.name);
  }
  return await Promise.all(
    names.sort().map(async (name) => ({
      file: name,
      content: Buffer.from(await Deno.readFile(`${dataDir}/${name}`))
        .toString("base64"),
    })),
  );
}

/** Writes one of them; only its owner may read it. */
export async function writeDataFile(
  dataDir: string,
  { file, content }: FileLine,
): Promise<void> {
  if (!/^[\w.-]+$/.test(file) || NOT_KEPT.test(file) || file.startsWith("..")) {
    throw new Error(
      `it has a file ${JSON.stringify(file)}, which is none of a data folder`,
    );
  }
  const options = { createNew: true, write: true, mode: 0o600 };
  using to = await Deno.open(`${dataDir}/${file}`, options);
  const bytes = Buffer.from(content, "base64");
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
  await to.sync();
}
