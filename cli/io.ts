import { terminalText } from "./terminal_text.ts";

/** Where a command's words go. */
export interface Io {
  /** Writes a line of results for people to standard output, as `terminalText` has it. */
  out(line: string): void;
  /** Writes a line for the person, not the program, to standard error, likewise. */
  err(line: string): void;
  /** Writes text as it is to standard output: what programs read. */
  write(text: string): void;
  /** Whether to colour what goes to standard output. */
  colors: boolean;
  /** Environment variable `name`. */
  env(name: string): string | undefined;
  /** Standard input to its end. */
  readStdin(): Promise<string>;
}

/**
 * The terminal, pipe or file that the program was started with.
 *
 * @param options.onClosed Called where nobody reads on, as behind `faros … | head`; what is written from then on goes
 * nowhere.
 */
export function processIo(options: { onClosed?: () => void } = {}): Io {
  const { onClosed = () => Deno.exit(0) } = options;
  const encoder = new TextEncoder();
  let closed = false;
  const write = (to: typeof Deno.stdout, text: string) => {
    if (closed) return;
    const bytes = encoder.encode(text);
    try {
      for (let n = 0; n < bytes.length;) {
        n += to.writeSync(bytes.subarray(n));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      closed = true;
      onClosed();
    }
  };
  const env = (name: string) => {
    try {
      return Deno.env.get(name);
    } catch {
      return undefined; // Not permitted is as good as not set.
    }
  };
  // https://no-color.org
  const colors = Deno.stdout.isTerminal() && !env("NO_COLOR") &&
    env("TERM") !== "dumb";
  const line = (text: string) => `${terminalText(text, { styled: colors })}\n`;
  return {
    out: (text) => write(Deno.stdout, line(text)),
    err: (text) => write(Deno.stderr, line(text)),
    write: (text) => write(Deno.stdout, text),
    colors,
    env,
    readStdin: () => new Response(Deno.stdin.readable).text(),
  };
}

/** An {@linkcode Io} that keeps what is written, for tests. */
export function bufferIo(
  options: { env?: Record<string, string>; stdin?: string } = {},
): Io & { stdout: string; stderr: string } {
  return {
    stdout: "",
    stderr: "",
    out(line) {
      this.stdout += `${terminalText(line, { styled: false })}\n`;
    },
    err(line) {
      this.stderr += `${terminalText(line, { styled: false })}\n`;
    },
    write(text) {
      this.stdout += text;
    },
    colors: false,
    env: (name) => options.env?.[name],
    readStdin: () => Promise.resolve(options.stdin ?? ""),
  };
}
