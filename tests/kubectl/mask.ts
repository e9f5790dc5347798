import type { Mask } from "./scenario_file.ts";

/** What differs between two runs on the same server, and nothing else. */
const MASKS: Mask[] = [
  {
    // Of objects, and in messages about them.
    pattern:
      /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
    replacement: "<uid>",
  },
  {
    pattern: /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g,
    replacement: "<time>",
  },
  {
    // As kubectl describe prints times.
    pattern: /\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000/g,
    replacement: "<time>",
  },
  {
    pattern: /("?resourceVersion"?: ?)"\d+"/g,
    replacement: '$1"<version>"',
  },
  {
    pattern: /^(\s*Resource Version: +)\d+$/gm,
    replacement: "$1<version>",
  },
  {
    // Every run's server has an address of its own.
    pattern: /\b127\.0\.0\.1:\d+/g,
    replacement: "<server>",
  },
  {
    pattern: /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g,
    replacement: "<token>",
  },
  {
    // kubectl writes where in its own source a warning comes from, and when.
    pattern: /^[EWI]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /gm,
    replacement: "<log> ",
  },
];

/** Columns that show how long ago something was. */
const AGES = ["AGE", "Age", "LAST SEEN", "FIRST SEEN"];
const AGE =
  /^(?:(?:\d+[ydhms])+|<unknown>)(?: \((?:x\d+ over )?(?:\d+[ydhms])+\))?(?=\s|$)/;

/** Hides times, versions, UIDs, addresses and tokens, and what `masks` say. */
export function mask(text: string, masks: readonly Mask[] = []): string {
  let masked = maskAges(text);
  for (const { pattern, replacement } of [...MASKS, ...masks]) {
    masked = masked.replaceAll(pattern, replacement);
  }
  return masked;
}

/** A word of a table, and where it stands. */
interface Cell {
  text: string;
  at: number;
}

function cellsOf(line: string): Cell[] {
  return [...line.matchAll(/\S+(?: \S+)*/g)].map((found) => ({
    text: found[0],
    at: found.index,
  }));
}

/** A column of ages. */
interface AgeColumn {
  index: number;
  at: number;
  /** By how much its cells make it wider than its heading does. */
  extra: number;
}

function ageColumns(cells: Cell[]): AgeColumn[] {
  return cells.flatMap(({ text, at }, index) => {
    if (!AGES.includes(text)) return [];
    const next = cells[index + 1]?.at;
    // kubectl describe draws a line of four below, and puts columns closer.
    const least = text === "Age" ? 6 : text.length + 3;
    const extra = next === undefined ? 0 : Math.max(0, next - at - least);
    return [{ index, at, extra }];
  });
}

/** Hides the cells of a table below the headings of {@linkcode AGES}, and how wide they are. */
function maskAges(text: string): string {
  let columns: AgeColumn[] = [];
  return text.split("\n").map((line) => {
    const cells = cellsOf(line);
    const found = ageColumns(cells);
    if (found.length > 0) columns = found;
    else if (cells.length === 0) columns = [];
    // From the right, as what stands behind a column moves.
    for (const column of columns.toReversed()) {
      // Rows that a watch adds may be wider than the headings.
      const at = AGE.test(line.slice(column.at))
        ? column.at
        : cells[column.index]?.at;
      if (at !== undefined) line = maskCell(line, at, column.extra);
    }
    return line;
  }).join("\n");
}

function maskCell(line: string, at: number, extra: number): string {
  const behind = line.slice(at);
  const age = AGE.exec(behind)?.[0];
  const cell = age ??
    /^(?:[A-Z][A-Za-z]*(?: SEEN)?|-+)(?=\s|$)/.exec(behind)?.[0];
  if (cell === undefined) return line;
  const rest = behind.slice(cell.length);
  const shown = age === undefined ? cell : "<age>";
  if (rest === "") return line.slice(0, at) + shown;
  // What stands behind keeps its place.
  const room = cell.length + rest.length - rest.trimStart().length - extra;
  return line.slice(0, at) + shown.padEnd(room) + rest.trimStart();
}
