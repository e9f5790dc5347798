import type { Io } from "./io.ts";

/** Milliseconds between two lines; what is done sooner says nothing. */
const INTERVAL = 2000;

/** Tells how far a long work is, now and then, on standard error. */
export function progressTo(
  io: Pick<Io, "err">,
  { now = () => performance.now() }: { now?: () => number } = {},
): (text: () => string) => void {
  let last = now();
  return (text) => {
    if (now() - last < INTERVAL) return;
    last = now();
    io.err(text());
  };
}

/** `12.3 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
