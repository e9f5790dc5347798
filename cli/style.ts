import type { Io } from "./io.ts";

/** Marks up text for a terminal; leaves it alone elsewhere. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

/** The style that fits where `io` writes to. */
export function styleOf(io: Pick<Io, "colors">): Style {
  const sgr = (on: number, off: number) => (text: string) =>
    io.colors ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    green: sgr(32, 39),
    red: sgr(31, 39),
    yellow: sgr(33, 39),
  };
}
