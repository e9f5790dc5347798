/// <reference lib="deno.worker" />
/**
 * Worker that decodes long YAML, see `decode_yaml_apart.ts`.
 *
 * @module
 */
import type { DecodedBody } from "./decode.ts";
import { decodeYaml } from "./decode_yaml.ts";

/** The answer to a text, in the order of the texts. */
export type YamlReply = { decoded: DecodedBody } | { problem: string };

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = ({ data }: MessageEvent<string>) => {
  let reply: YamlReply;
  try {
    reply = { decoded: decodeYaml(data) };
  } catch (error) {
    reply = { problem: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(reply);
};
