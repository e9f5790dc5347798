import { badRequest } from "../errors.ts";
import type { DecodedBody } from "./decode.ts";
import type { YamlReply } from "./yaml_worker.ts";

/** Milliseconds after which the Worker ends that has nothing to do: few clients ever send long YAML. */
const IDLE_MS = 10_000;

interface Waiting {
  resolve(decoded: DecodedBody): void;
  reject(error: unknown): void;
}

let worker: Worker | undefined;
let ending: ReturnType<typeof setTimeout> | undefined;
/** In the order of the texts that the Worker has got. */
const waiting: Waiting[] = [];

/**
 * Decodes YAML as `decodeYaml` does, in a Worker: the library takes two seconds for a megabyte, in which nobody else
 * would be answered. Texts take turns.
 *
 * @throws {StatusError} 400, as `decodeBody`
 */
export function decodeYamlApart(text: string): Promise<DecodedBody> {
  clearTimeout(ending);
  worker ??= start();
  const { promise, resolve, reject } = Promise.withResolvers<DecodedBody>();
  waiting.push({ resolve, reject });
  worker.postMessage(text);
  return promise;
}

function start(): Worker {
  const started = new Worker(new URL("./yaml_worker.ts", import.meta.url), {
    type: "module",
    name: "yaml",
  });
  started.onmessage = ({ data }: MessageEvent<YamlReply>) => {
    const { resolve, reject } = waiting.shift()!;
    if ("decoded" in data) resolve(data.decoded);
    else reject(badRequest(data.problem));
    if (waiting.length > 0) return;
    ending = setTimeout(end, IDLE_MS);
    Deno.unrefTimer(ending);
  };
  started.onerror = (event) => {
    event.preventDefault();
    end();
    for (const { reject } of waiting.splice(0)) {
      reject(badRequest(`cannot decode the YAML: ${event.message}`));
    }
  };
  return started;
}

function end() {
  worker?.terminate();
  worker = undefined;
}
