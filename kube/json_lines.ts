import type { JSONValue } from "./contract.ts";

/**
 * Parses a stream of JSON values, one a line.
 *
 * @throws {Error} through the stream, where it ends amid a line: what looks
 * like the end of a watch was a cut connection.
 */
export function jsonLines(): TransformStream<Uint8Array, JSONValue> {
  const decoder = new TextDecoder();
  // Pieces of a line that is not complete. Joined once, at its end: a large
  // object in small chunks would cost quadratic time otherwise.
  let pieces: string[] = [];
  return new TransformStream({
    transform(chunk, controller) {
      const text = decoder.decode(chunk, { stream: true });
      let start = 0;
      while (true) {
        const end = text.indexOf("\n", start);
        if (end < 0) break;
        pieces.push(text.slice(start, end));
        const line = pieces.length === 1 ? pieces[0]! : pieces.join("");
        pieces = [];
        start = end + 1;
        if (line.trim()) controller.enqueue(JSON.parse(line));
      }
      if (start < text.length) pieces.push(text.slice(start));
    },
    flush(controller) {
      const rest = (pieces.join("") + decoder.decode()).trim();
      if (!rest) return;
      let value: JSONValue;
      try {
        value = JSON.parse(rest);
      } catch {
        throw new Error("The connection was cut amid an event");
      }
      controller.enqueue(value);
    },
  });
}
