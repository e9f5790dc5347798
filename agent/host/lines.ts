import { MAX_LINE } from "./protocol.ts";

/** The lines of a byte stream, without their ends. @throws Error for one longer than `MAX_LINE` bytes */
export async function* readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let pieces: string[] = [];
  let size = 0;
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
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

/** Writes values as JSON lines, one after the other. */
export function jsonWriter(
  stream: WritableStream<Uint8Array>,
): { write(value: unknown): void; close(): Promise<void> } {
  const encoder = new TextEncoder();
  const writer = stream.getWriter();
  return {
    // Written in order; where the reader is gone, its end of the process says so.
    write: (value) =>
      void writer.write(encoder.encode(`${JSON.stringify(value)}\n`))
        .catch(() => {}),
    close: () => writer.close().catch(() => {}),
  };
}
