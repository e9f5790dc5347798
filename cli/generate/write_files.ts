import { dirname, join } from "node:path";
import type { Io } from "../io.ts";
import type { Files } from "./files.ts";

/** Options of {@linkcode writeFiles}. */
export interface WriteFilesOptions {
  /** Folder to write to. */
  dir: string;
  /** Write nothing; say what differs. */
  check: boolean;
  io: Pick<Io, "err">;
  /** Command that brings the folder up to date, for the message. */
  remedy: string;
}

/**
 * Makes a folder hold exactly `files`, or checks that it does.
 *
 * Resolves to the exit code: 1 where a check finds a difference.
 */
export async function writeFiles(
  files: Files,
  options: WriteFilesOptions,
): Promise<number> {
  const { dir, check, io, remedy } = options;
  const wrong: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    const found = await read(path);
    if (found === content) continue;
    if (check) {
      wrong.push(
        `${path} ${found === undefined ? "is missing" : "is out of date"}`,
      );
      continue;
    }
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, content);
    io.err(`Wrote ${path}`);
  }
  for (const name of await namesIn(dir)) {
    if (name in files) continue;
    const path = join(dir, name);
    if (check) wrong.push(`${path} is generated no more`);
    else {
      await Deno.remove(path);
      io.err(`Removed ${path}`);
    }
  }
  if (wrong.length === 0) return 0;
  for (const line of wrong) io.err(line);
  io.err(`Run '${remedy}' and commit what it changes.`);
  return 1;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Only files right in the folder: what lies deeper is not generated. */
async function namesIn(dir: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(dir)) {
      if (entry.isFile) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}
