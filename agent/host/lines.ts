import { MAX_LINE } from "./protocol.ts";

/**
 * The lines of a byte stream, without their ends.
 *
 * @param options.signal Ends it where the stream itself does not.
 * @throws Error for one longer than `MAX_LINE` bytes
 */
export async function* readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: { signal?: AbortSignal } = {},
): AsyncGenerator<string> {
  let pieces: string[] = [];
  let size = 0;
  const texts = stream.pipeThrough(new TextDecoderStream(), options);
  for await (const text of texts) {
    let start = 0;
    while (true) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      pieces.push(text.slice(start, end));
      const line = pieces.join("");
      pieces = [];
      size = 0;
      start = end + 1;
      if (line) yield line;
    }
    const rest = text.slice(start);
    size += rest.length;
    if (size > MAX_LINE) throw new Error(`A line is over ${MAX_LINE} bytes`);
    if (rest) pieces.push(rest);
  }
}

/** What was to be written is more than a reader takes. */
export class LineTooLong extends Error {
  override name = "LineTooLong";
  constructor(size: number) {
    super(`${size} bytes of JSON are more than the ${MAX_LINE} of a message`);
  }
}

/** Writes values as JSON lines, one after the other. */
export function jsonWriter(
  stream: WritableStream<Uint8Array>,
): {
  /** @throws LineTooLong, and has written nothing then */
  write(value: unknown): void;
  close(): Promise<void>;
  /** Bytes that the reader has not taken yet. */
  readonly backlog: number;
} {
  const encoder = new TextEncoder();
  const writer = stream.getWriter();
  let backlog = 0;
  return {
    // Written in order; where the reader is gone, its end of the process says so.
    write(value) {
      const line = encoder.encode(`${JSON.stringify(value)}\n`);
      if (line.length > MAX_LINE) throw new LineTooLong(line.length);
      backlog += line.length;
      const written = () => {
        backlog -= line.length;
      };
      writer.write(line).then(written, written);
    },
    get backlog() {
      return backlog;
    },
    close: () => writer.close().catch(() => {}),
  };
}
