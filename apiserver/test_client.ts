/**
 * What tests of the API server share: a server in memory and short ways to talk to it.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type ApiServer,
  type ApiServerOptions,
  startApiServer,
} from "./mod.ts";
import type { JsonObject } from "./types.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** An answer with its body read. */
export interface Answer {
  code: number;
  headers: Headers;
  // deno-lint-ignore no-explicit-any
  body: any;
}

/** Talks to a server in its own process. */
export class TestClient {
  constructor(readonly server: ApiServer, readonly token: string) {}

  /** Sends a request; objects are sent as JSON. */
  async send(
    method: string,
    path: string,
    { body, type = "application/json", headers = {} }: {
      body?: JsonObject | JsonObject[] | string;
      type?: string;
      headers?: Record<string, string>;
    } = {},
  ): Promise<Answer> {
    const response = await this.server.fetch(
      new Request(new URL(path, this.server.url), {
        method,
        headers: {
          authorization: `Bearer ${this.token}`,
          "user-agent": "test/1.0",
          ...(body === undefined ? {} : { "content-type": type }),
          ...headers,
        },
        body: typeof body === "string" || body === undefined
          ? body
          : JSON.stringify(body),
      }),
    );
    const text = await response.text();
    const json = response.headers.get("content-type")?.startsWith(
      "application/json",
    );
    return {
      code: response.status,
      headers: response.headers,
      body: json && text ? JSON.parse(text) : text,
    };
  }

  get(path: string, headers?: Record<string, string>) {
    return this.send("GET", path, { headers });
  }

  post(path: string, body: JsonObject) {
    return this.send("POST", path, { body });
  }

  put(path: string, body: JsonObject) {
    return this.send("PUT", path, { body });
  }

  delete(path: string, body?: JsonObject) {
    return this.send("DELETE", path, { body });
  }

  /** A patch by the name of its type. */
  patch(
    path: string,
    type: "json" | "merge" | "strategic" | "apply",
    body: JsonObject | JsonObject[],
  ) {
    const types = {
      json: "application/json-patch+json",
      merge: "application/merge-patch+json",
      strategic: "application/strategic-merge-patch+json",
      apply: "application/apply-patch+yaml",
    };
    return this.send("PATCH", path, { body, type: types[type] });
  }

  /** The events of a watch, until `stop` or the end of the stream. */
  async watch(path: string, headers: Record<string, string> = {}) {
    const abort = new AbortController();
    const response = await this.server.fetch(
      new Request(new URL(path, this.server.url), {
        headers: { authorization: `Bearer ${this.token}`, ...headers },
        signal: abort.signal,
      }),
    );
    const reader = response.body!.pipeThrough(new TextDecoderStream())
      .getReader();
    let rest = "";
    return {
      /** The next event; undefined at the end. */
      // deno-lint-ignore no-explicit-any
      async next(): Promise<any> {
        for (;;) {
          const end = rest.indexOf("\n");
          if (end >= 0) {
            const line = rest.slice(0, end);
            rest = rest.slice(end + 1);
            return JSON.parse(line);
          }
          const { done, value } = await reader.read();
          if (done) return undefined;
          rest += value;
        }
      },
      /** The next events as `TYPE name`. */
      async names(count: number): Promise<string[]> {
        const seen: string[] = [];
        while (seen.length < count) {
          const event = await this.next();
          if (!event) break;
          seen.push(`${event.type} ${event.object.metadata.name}`);
        }
        return seen;
      },
      async stop() {
        await reader.cancel();
        abort.abort();
      },
    };
  }
}

/** Runs `work` against a fresh server in memory. */
export async function withServer(
  work: (api: TestClient) => Promise<void>,
  options: ApiServerOptions = {},
): Promise<void> {
  await using server = await startApiServer({
    log: (message, details) => {
      throw new Error(`${message} ${Deno.inspect(details)}`);
    },
    ...options,
  });
  await work(new TestClient(server, server.adminToken));
}

/** A CustomResourceDefinition `widgets.example.com` for tests; `version` overrides parts of its version v1. */
export function widgetCrd(version: JsonObject = {}): JsonObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget", shortNames: ["wd"] },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { type: "integer", maximum: 10 },
                  color: { type: "string", default: "red" },
                },
              },
              status: {
                type: "object",
                properties: { ready: { type: "integer" } },
              },
            },
          },
        },
        selectableFields: [{ jsonPath: ".spec.color" }],
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.size",
            statusReplicasPath: ".status.ready",
          },
        },
        ...version,
      }],
    },
  };
}

/** A Widget of {@linkcode widgetCrd}. */
export function widget(name: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name },
    spec,
  };
}

/** A ConfigMap. */
export function configMap(
  name: string,
  data: Record<string, string> = {},
  metadata: JsonObject = {},
): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...metadata },
    data,
  };
}

/** Waits until `check` says something, for at most `timeoutMs`. */
export async function eventually<T>(
  check: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > deadline) {
      throw new Error(`nothing after ${timeoutMs} ms: ${check}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Asserts that an answer is a Status that refuses, with a message. */
export function refused(
  { code, body }: Answer,
  wanted: number,
  message: RegExp,
): void {
  assert.equal(code, wanted, JSON.stringify(body));
  assert.equal(body.kind, "Status");
  assert.equal(body.code, wanted);
  assert.match(body.message, message);
}

/** A server that has the definition of widgets. */
export async function withWidgets(
  work: (api: TestClient) => Promise<void>,
  version?: JsonObject,
): Promise<void> {
  await withServer(async (api) => {
    const created = await api.post(CRDS, widgetCrd(version));
    assert.equal(created.code, 201, JSON.stringify(created.body));
    await work(api);
  });
}
