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
 *
 * @throws where something else is in the folder; then nothing is written
 */
export async function writeFiles(
  files: Files,
  options: WriteFilesOptions,
): Promise<number> {
  const { dir, check, io, remedy } = options;
  const wrong: string[] = [];
  const others = (await namesIn(dir)).filter((name) => !(name in files));
  if (others.length && !check) {
    // It may be anybody's folder: what we did not write is not ours to remove.
    throw new Error(
      `Cannot write to ${dir}: it holds ${others.slice(0, 3).join(", ")}${
        others.length > 3 ? ` and ${others.length - 3} more` : ""
      }, which ${others.length > 1 ? "are" : "is"} not generated; remove ${
        others.length > 1 ? "them" : "that"
      }, or name a folder that has nothing else in it`,
    );
  }
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
  wrong.push(...others.map((name) => `${join(dir, name)} is not generated`));
  if (wrong.length === 0) return 0;
  for (const line of wrong) io.err(line);
  io.err(
    others.length
      ? `Remove what is not generated, run '${remedy}' and commit what it changes.`
      : `Run '${remedy}' and commit what it changes.`,
  );
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
