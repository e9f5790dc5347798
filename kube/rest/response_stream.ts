import { JsonLines } from "../json_lines.ts";

/** Options of {@linkcode responseStream}. */
export interface ResponseStreamOptions {
  /** Whether the body is JSON values, one a line; else it comes as bytes. */
  json: boolean;
  /** Ends it. */
  signal: AbortSignal;
  /** Called once, whichever way it ends. */
  onEnd: () => void;
  /** What is thrown for an error that ends it. */
  explain: (error: unknown) => unknown;
}

/**
 * What is in the body of an answer, as it comes.
 *
 * Not a mere pipe: it has to let go of the signal whichever way it ends, and
 * to explain errors.
 */
export function responseStream(
  body: ReadableStream<Uint8Array>,
  { json, signal, onEnd, explain }: ResponseStreamOptions,
): ReadableStream<unknown> {
  const reader = body.getReader();
  let open = true;
  const close = () => {
    if (open) onEnd();
    open = false;
  };
  // Once nobody holds the Request, a garbage collection may cut the body off
  // from its signal (Deno 2.9); so the body is ended here.
  const end = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", end, { once: true });
  const lines = json ? new JsonLines() : undefined;
  return new ReadableStream<unknown>({
    pull: async (controller) => {
      try {
        while (true) {
          const { done, value } = await reader.read();
          signal.throwIfAborted();
          const values = !lines
            ? done ? [] : [value]
            : done
            ? lines.end()
            : lines.push(value);
          for (const item of values) controller.enqueue(item);
          if (done) {
            close();
            controller.close();
          }
          if (done || values.length) return;
        }
      } catch (error) {
        close();
        void reader.cancel(error).catch(() => {});
        controller.error(explain(error));
      }
    },
    cancel: async (reason) => {
      close();
      await reader.cancel(reason).catch(() => {});
    },
  }, { highWaterMark: 0 });
}
