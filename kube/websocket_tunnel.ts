import type { KubernetesTunnel } from "./contract.ts";

/** Options of {@linkcode openTunnel}. */
export interface TunnelOptions {
  /** Subprotocols to offer, the best first: `v5.channel.k8s.io`. */
  protocols: string[];
  headers: [string, string][];
  client?: Deno.HttpClient;
  signal?: AbortSignal;
}

/** Subprotocol in which a channel can be closed by itself. */
const V5 = "v5.channel.k8s.io";
/** Number of the v5 message that closes a channel. */
const CLOSE = 255;
/** Bytes that may wait in the socket before writers do. */
const HIGH_WATER = 256 * 1024;

/**
 * Opens a Kubernetes tunnel (exec, attach, port-forward) over a WebSocket.
 *
 * Each message starts with a byte that names its channel.
 */
export function openTunnel(
  url: string,
  options: TunnelOptions,
): KubernetesTunnel {
  // The runtime's options are wider than those of the DOM's types.
  const Socket = WebSocket as unknown as new (
    url: string,
    options: unknown,
  ) => WebSocket;
  const socket = new Socket(url, {
    protocols: options.protocols,
    headers: options.headers,
    client: options.client,
  });
  return new WebSocketTunnel(socket, options.signal);
}

class WebSocketTunnel implements KubernetesTunnel {
  readonly transportProtocol = "WebSocket";
  readonly #socket: WebSocket;
  readonly #ready = Promise.withResolvers<void>();
  readonly #readers = new Map<
    number,
    ReadableStreamDefaultController<Uint8Array>
  >();
  #closed = Promise.withResolvers<void>();
  #failure: unknown;

  constructor(socket: WebSocket, signal?: AbortSignal) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#ready.promise.catch(() => {}); // not everybody waits for it
    const onAbort = () => {
      this.#failure = signal!.reason;
      this.close();
    };
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.onopen = () => this.#ready.resolve();
    socket.onerror = (event) => {
      const { message } = event as ErrorEvent;
      this.#failure ??= new Error(
        `Cannot open a tunnel to ${new URL(socket.url).pathname}: ${message}`,
      );
    };
    socket.onclose = (event) => {
      signal?.removeEventListener("abort", onAbort);
      this.#ready.reject(
        this.#failure ?? new Error(`The tunnel was closed (${event.code})`),
      );
      for (const reader of this.#readers.values()) {
        if (this.#failure) reader.error(this.#failure);
        else reader.close();
      }
      this.#readers.clear();
      this.#closed.resolve();
    };
    socket.onmessage = (event) => this.#receive(event.data);
  }

  get subProtocol(): string {
    return this.#socket.protocol;
  }

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  async close(): Promise<void> {
    const { readyState } = this.#socket;
    if (readyState === WebSocket.CLOSED) return;
    if (readyState !== WebSocket.CLOSING) this.#socket.close();
    await this.#closed.promise;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  getReadableStream({ index }: { index?: number }): ReadableStream<Uint8Array> {
    const channel = needIndex(index);
    return new ReadableStream({
      start: (controller) => {
        this.#readers.set(channel, controller);
      },
      cancel: () => {
        this.#readers.delete(channel);
      },
    });
  }

  getWritableStream({ index }: { index?: number }): WritableStream<Uint8Array> {
    const channel = needIndex(index);
    return new WritableStream({
      start: () => this.#ready.promise,
      write: async (chunk) => {
        this.#send(channel, chunk);
        // WebSocket tells nobody when it has drained: look again.
        while (
          this.#socket.bufferedAmount > HIGH_WATER &&
          this.#socket.readyState === WebSocket.OPEN
        ) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      close: () => {
        if (this.subProtocol === V5) {
          this.#send(CLOSE, Uint8Array.of(channel));
        }
      },
    });
  }

  #send(channel: number, chunk: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      throw this.#failure ?? new Error("The tunnel is closed");
    }
    const message = new Uint8Array(chunk.length + 1);
    message[0] = channel;
    message.set(chunk, 1);
    this.#socket.send(message);
  }

  #receive(data: ArrayBuffer | string): void {
    const message = typeof data === "string"
      ? new TextEncoder().encode(data)
      : new Uint8Array(data);
    const channel = message[0];
    if (channel === undefined) return;
    if (channel === CLOSE && this.subProtocol === V5) {
      this.#readers.get(message[1]!)?.close();
      this.#readers.delete(message[1]!);
      return;
    }
    // A channel that nobody reads (or reads no more) is dropped.
    this.#readers.get(channel)?.enqueue(message.subarray(1));
  }
}

function needIndex(index: number | undefined): number {
  if (index === undefined) {
    throw new Error("Cannot open a WebSocket channel without its index");
  }
  return index;
}
