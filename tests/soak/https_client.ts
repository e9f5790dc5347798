import type { ClusterConfig } from "../../kube/cluster_config.ts";
import { jsonLines } from "../../kube/json_lines.ts";

/** An answer with its body read. */
export interface Answer {
  code: number;
  // deno-lint-ignore no-explicit-any -- any JSON, or text
  body: any;
}

/** Plain requests to an API server: nothing is tried again, and every answer is an answer. */
export class HttpsClient {
  readonly #http: Deno.HttpClient;
  readonly #server: string;
  readonly #token: string;

  constructor({ server, caData, token }: ClusterConfig) {
    this.#http = Deno.createHttpClient({ caCerts: caData ? [caData] : [] });
    this.#server = server;
    this.#token = token ?? "";
  }

  async send(
    method: string,
    path: string,
    { body, type = "application/json" }: { body?: unknown; type?: string } = {},
  ): Promise<Answer> {
    const response = await this.#fetch(path, {
      method,
      ...(body === undefined ? {} : {
        body: JSON.stringify(body),
        headers: { "content-type": type },
      }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")
      ?.startsWith("application/json");
    return { code: response.status, body: json ? JSON.parse(text) : text };
  }

  /** The same, for what has to succeed. */
  // deno-lint-ignore no-explicit-any -- as in Answer
  async get(path: string): Promise<any> {
    const { code, body } = await this.send("GET", path);
    if (code === 200) return body;
    throw new Error(`GET ${path}: ${code} ${JSON.stringify(body)}`);
  }

  /** The events of a watch, to its end. */
  // deno-lint-ignore no-explicit-any -- events of any kind
  async *watch(path: string, signal?: AbortSignal): AsyncGenerator<any> {
    const response = await this.#fetch(path, { signal });
    if (!response.ok) throw new Error(`watch ${path}: ${response.status}`);
    yield* response.body!.pipeThrough(jsonLines());
  }

  close(): void {
    this.#http.close();
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#token}`);
    return fetch(this.#server + path, {
      ...init,
      headers,
      client: this.#http,
    });
  }
}
