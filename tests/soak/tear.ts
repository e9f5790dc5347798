import { readWal } from "../../apiserver/storage/check_wal.ts";
import type { Random } from "../random.ts";

/** What was done to a file. */
export interface Damage {
  file: "store.db" | "store.db-wal";
  /** In words, for a message. */
  what: string;
  /** What has to follow, where only one thing may. */
  then?: "starts" | "refused";
}

/** Where most damage is: so many of the last bytes. */
const TAIL = 64 << 10;
const PAGE = 4096;
const FRAME = PAGE + 24;

/** Damages the end of a database that no server uses, or of its write-ahead log. */
export function tear(path: string, random: Random): Damage {
  const wal = `${path}-wal`;
  const size = sizeOf(wal);
  const ways = [cutDatabase, overwriteDatabase];
  // A log that was just taken into the file may be empty.
  if (size > 0) ways.push(cutLog, cutLog, overwriteLog, overwriteLog, addToLog);
  const { commits } = size > 0
    ? readWal(Deno.readFileSync(wal))
    : { commits: [] };
  if (commits.length > 4) ways.push(overwriteWithoutNote);
  return random.pick(ways)({ path, wal, size, commits, random });
}

interface Place {
  path: string;
  wal: string;
  /** Bytes of the write-ahead log. */
  size: number;
  /** Ends of its transactions. */
  commits: number[];
  random: Random;
}

function cutLog({ wal, size, commits, random }: Place): Damage {
  const at = nearEnd(size, random);
  Deno.truncateSync(wal, at);
  return {
    file: "store.db-wal",
    what: `a log cut from ${size} to ${at} bytes`,
    ...after(at, commits),
  };
}

function overwriteLog({ wal, size, commits, random }: Place): Damage {
  const at = nearEnd(size, random);
  const length = Math.min(size - at, 1 + random.int(2 * PAGE));
  overwrite(wal, at, noise(length, random));
  return {
    file: "store.db-wal",
    what: `a log of ${size} bytes overwritten from ${at} for ${length} bytes`,
    ...after(at, commits),
  };
}

/** What was being written when the power failed. */
function addToLog({ wal, size, random }: Place): Damage {
  const length = 1 + random.int(3 * PAGE);
  overwrite(wal, size, noise(length, random));
  return {
    file: "store.db-wal",
    what: `a log with ${length} bytes more`,
    then: "starts",
  };
}

/** As after a power failure that the note did not outlive: the log itself has to show it. */
function overwriteWithoutNote({ path, wal, commits, random }: Place): Damage {
  Deno.removeSync(`${path}-acknowledged`);
  // In the last frame of a transaction with others behind it.
  const end = commits[random.int(commits.length - 3)]!;
  const at = end - FRAME + random.int(FRAME - PAGE / 4);
  overwrite(wal, at, noise(PAGE / 4, random));
  return {
    file: "store.db-wal",
    what: `a log without a note, overwritten at ${at}`,
    then: "refused",
  };
}

function cutDatabase({ path, random }: Place): Damage {
  const size = sizeOf(path);
  const at = nearEnd(size, random);
  Deno.truncateSync(path, at);
  return { file: "store.db", what: `a file cut from ${size} to ${at} bytes` };
}

function overwriteDatabase({ path, random }: Place): Damage {
  const size = sizeOf(path);
  const at = nearEnd(size, random);
  const length = Math.min(size - at, 1 + random.int(2 * PAGE));
  overwrite(path, at, noise(length, random));
  return {
    file: "store.db",
    what: `a file of ${size} bytes overwritten from ${at} for ${length} bytes`,
  };
}

/** Behind the last transaction is nothing that was acknowledged. */
function after(at: number, commits: number[]): Pick<Damage, "then"> {
  return commits.length > 0 && at >= commits.at(-1)! ? { then: "starts" } : {};
}

/** Now and then anywhere. */
function nearEnd(size: number, random: Random): number {
  return size - 1 -
    random.int(random.next() < 0.2 ? size : Math.min(size, TAIL));
}

function noise(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(256));
}

function overwrite(path: string, at: number, bytes: Uint8Array) {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(at, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) {
    done += file.writeSync(bytes.subarray(done));
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
