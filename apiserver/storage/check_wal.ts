/** Layout of SQLite's write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const MAGIC = 0x377f0682;
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** What a write-ahead log holds. */
export interface WalState {
  /** Offsets of the ends of the transactions that SQLite takes from it. */
  commits: number[];
  /** The most whole transactions that stand in one piece behind a frame that is not valid. */
  lostCommits: number;
}

/**
 * Reads a write-ahead log as SQLite does when it opens a file: to the first frame that is not valid.
 *
 * What was being written when the power failed ends there, and was never acknowledged. Of that one transaction the last
 * frame may have reached the disk without those before it, and stay there behind what is written after the restart. Two
 * in one piece are another thing: the second was only begun when the first, and all before it, was safe on the disk, so
 * that what was safe is damaged. SQLite would go on with the transactions before the gap, in silence.
 */
export function readWal(bytes: Uint8Array): WalState {
  const state: WalState = { commits: [], lostCommits: 0 };
  if (bytes.length < HEADER_BYTES) return state;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.getUint32(0);
  if (magic !== MAGIC && magic !== MAGIC + 1) return state;
  const littleEndian = magic === MAGIC;
  const sum = (from: number, to: number, seed: Checksum) =>
    checksum(view, { from, to, littleEndian, seed });
  const header = sum(0, 24, [0, 0]);
  if (!same(header, readChecksum(view, 24))) return state;
  const frameBytes = FRAME_HEADER_BYTES + view.getUint32(8);
  let before: Checksum = header;
  let broken = false;
  let inOnePiece = 0;
  for (
    let at = HEADER_BYTES;
    at + frameBytes <= bytes.length;
    at += frameBytes
  ) {
    const stored = readChecksum(view, at + 16);
    const isOfThisLog = view.getUint32(at + 8) === view.getUint32(16) &&
      view.getUint32(at + 12) === view.getUint32(20);
    const first = sum(at, at + 8, before);
    const valid = isOfThisLog &&
      same(sum(at + FRAME_HEADER_BYTES, at + frameBytes, first), stored);
    // Zero in all frames of a transaction but the last.
    const commits = view.getUint32(at + 4) > 0;
    if (!valid) {
      broken = true;
      inOnePiece = 0;
    } else if (commits && broken) {
      state.lostCommits = Math.max(state.lostCommits, ++inOnePiece);
    } else if (commits) state.commits.push(at + frameBytes);
    // A frame is checked against what the one before it says, so that each counts for itself behind a broken one.
    before = stored;
  }
  return state;
}

type Checksum = [number, number];

function readChecksum(view: DataView, at: number): Checksum {
  return [view.getUint32(at), view.getUint32(at + 4)];
}

function same(a: Checksum, b: Checksum): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function checksum(
  view: DataView,
  { from, to, littleEndian, seed }: {
    from: number;
    to: number;
    littleEndian: boolean;
    seed: Checksum;
  },
): Checksum {
  let [a, b] = seed;
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, littleEndian) + b) >>> 0;
    b = (b + view.getUint32(at + 4, littleEndian) + a) >>> 0;
  }
  return [a, b];
}

/** What is wrong with the write-ahead log that a process which died left beside `path`, in words. */
export function walProblem(path: string): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(`${path}-wal`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const { lostCommits } = readWal(bytes);
  if (lostCommits < 2) return undefined;
  return `${path}-wal has a frame that is not what was written, and at least ${lostCommits} transactions behind it that are lost with it`;
}

/**
 * Checks the write-ahead log that a process which died left beside `path`.
 *
 * @throws where acknowledged writes in it are damaged
 */
export function checkWal(path: string): void {
  const problem = walProblem(path);
  if (problem) throw new Error(`the file is damaged: ${problem}`);
}
