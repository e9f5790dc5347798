import { Buffer } from "node:buffer";
import type { FileLine } from "./format.ts";

/** The database, whose content goes its own way; what it is locked by; and what was being written when a process died. */
const NOT_KEPT = /^store\.db|^lock$|\.[0-9a-f]{8}-[0-9a-f-]{27}$/;
/** What else people leave there, such as `admin.kubeconfig~`, is none of a server's. */
const KEPT = /^[\w-][\w.-]*$/;
/**
 * Keys and certificates have a few kilobytes. What is larger is an audit log or an earlier backup: with those each
 * backup would be larger than the one before.
 */
const MOST_BYTES = 1 << 20;

function isKept(name: string): boolean {
  return KEPT.test(name) && !NOT_KEPT.test(name);
}

/** The files beside the database: keys, certificates, tokens. What lies in folders below can be made again. */
export async function readDataFiles(dataDir: string): Promise<FileLine[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(dataDir)) {
    if (!isKept(name)) continue;
    // Keys may be links to where they are mounted; a link may lead nowhere.
    const file = await Deno.stat(`${dataDir}/${name}`).catch(() => undefined);
    if (file?.isFile && file.size <= MOST_BYTES) names.push(name);
  }
  return await Promise.all(
    names.sort().map(async (name) => ({
      file: name,
      content: Buffer.from(await Deno.readFile(`${dataDir}/${name}`))
        .toString("base64"),
    })),
  );
}

/** Writes one of them, where it is one; only its owner may read it. */
export async function writeDataFile(
  dataDir: string,
  { file, content }: FileLine,
): Promise<void> {
  // Earlier versions backed up whatever lay there.
  if (!isKept(file)) return;
  const options = { createNew: true, write: true, mode: 0o600 };
  using to = await Deno.open(`${dataDir}/${file}`, options);
  const bytes = Buffer.from(content, "base64");
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
  await to.sync();
}
