import type { JSONValue } from "./contract.ts";

/** Makes JSON values, one a line, of the pieces in which a body comes. */
export class JsonLines {
  readonly #decoder = new TextDecoder();
  // Pieces of a line that is not complete. Joined once, at its end: a large
  // object in small chunks would cost quadratic time otherwise.
  #pieces: string[] = [];

  /** The values that are complete with this piece. */
  push(chunk: Uint8Array): JSONValue[] {
    const text = this.#decoder.decode(chunk, { stream: true });
    const values: JSONValue[] = [];
    let start = 0;
    while (true) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      this.#pieces.push(text.slice(start, end));
      const line = this.#pieces.length === 1
        ? this.#pieces[0]!
        : this.#pieces.join("");
      this.#pieces = [];
      start = end + 1;
      if (line.trim()) values.push(JSON.parse(line));
    }
    if (start < text.length) this.#pieces.push(text.slice(start));
    return values;
  }

  /**
   * The value of a last line that does not end, at the end of all.
   *
   * @throws {Error} where it ends amid a line: what looks like the end of a
   * watch was a cut connection.
   */
  end(): JSONValue[] {
    const rest = (this.#pieces.join("") + this.#decoder.decode()).trim();
    if (!rest) return [];
    try {
      return [JSON.parse(rest)];
    } catch {
      throw new Error("The connection was cut amid an event");
    }
  }
}

/** Parses a stream of JSON values, one a line, as {@linkcode JsonLines}. */
export function jsonLines(): TransformStream<Uint8Array, JSONValue> {
  const lines = new JsonLines();
  return new TransformStream({
    transform(chunk, controller) {
      for (const value of lines.push(chunk)) controller.enqueue(value);
    },
    flush(controller) {
      for (const value of lines.end()) controller.enqueue(value);
    },
  });
}
