/**
 * The contract between Kubernetes clients and what carries their requests.
 *
 * It is that of `@cloudydeno/kubernetes-client` (`lib/contract.ts`), stated
 * again here because that package is published on JSR only. A `RestClient` of
 * either project serves the other.
 */

/** What JSON can hold. `undefined` fields are left out when it is written. */
export type JSONPrimitive = string | number | boolean | null | undefined;
/** Any JSON value. */
export type JSONValue = JSONPrimitive | JSONObject | JSONArray;
/** A JSON object. */
export type JSONObject = { [key: string]: JSONValue };
/** A JSON array. */
export type JSONArray = JSONValue[];

/** HTTP methods that the Kubernetes API uses. */
export type HttpMethods =
  | "GET"
  | "POST"
  | "DELETE"
  | "PUT"
  | "PATCH"
  | "OPTIONS"
  | "HEAD";

/** One request to a Kubernetes API. */
export interface RequestOptions {
  method: HttpMethods;
  /** Absolute path, without a query: `/api/v1/namespaces`. */
  path: string;
  querystring?: URLSearchParams;
  /** Ends the request, and the stream of its answer. */
  abortSignal?: AbortSignal;

  /** Media type of the body; `application/json` where `bodyJson` is given. */
  contentType?: string;
  bodyRaw?: Uint8Array;
  bodyJson?: JSONValue;
  bodyStream?: ReadableStream<Uint8Array>;

  /** Media type wanted; `application/json` where `expectJson` is set. */
  accept?: string;
  /** WebSocket subprotocols to offer; the answer is a tunnel. */
  expectTunnel?: string[];
  /** The answer is a stream, of JSON lines together with `expectJson`. */
  expectStream?: boolean;
  /** The answer is parsed JSON. */
  expectJson?: boolean;
}

/** A two-way connection with numbered channels: exec, attach, port-forward. */
export interface KubernetesTunnel extends Disposable {
  readonly transportProtocol: "SPDY" | "WebSocket" | "Opaque";
  readonly subProtocol: string;
  getReadableStream(ids: {
    index?: number;
    spdyHeaders?: Record<string, string | number>;
  }): ReadableStream<Uint8Array>;
  getWritableStream(ids: {
    index?: number;
    spdyHeaders?: Record<string, string | number>;
  }): WritableStream<Uint8Array>;
  /** Resolves once connected. Take the first channels before. */
  whenReady(): Promise<void>;
  close(): Promise<void>;
}

/** Carries requests to one Kubernetes API as one identity. */
export interface RestClient extends Disposable {
  performRequest(
    opts: RequestOptions & { expectTunnel: string[] },
  ): Promise<KubernetesTunnel>;
  performRequest(
    opts: RequestOptions & { expectStream: true; expectJson: true },
  ): Promise<ReadableStream<JSONValue>>;
  performRequest(
    opts: RequestOptions & { expectStream: true },
  ): Promise<ReadableStream<Uint8Array>>;
  performRequest(
    opts: RequestOptions & { expectJson: true },
  ): Promise<JSONValue>;
  performRequest(opts: RequestOptions): Promise<Uint8Array>;
  /** Namespace of requests that name none. */
  defaultNamespace?: string;
  close?(): void;
}
