/** Another address of a server on this machine, which can go away. */
export class Relay {
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.Conn>();

  private constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
  }

  /** Passes on what comes to a free port. */
  static start(port: number): Relay {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const relay = new Relay(listener);
    void relay.#accept(port).catch(() => {}); // closed
    return relay;
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async #accept(port: number): Promise<void> {
    for await (const incoming of this.#listener) {
      const outgoing = await Deno.connect({ hostname: "127.0.0.1", port });
      this.#connections.add(incoming).add(outgoing);
      // A connection that ends here is what this is for.
      incoming.readable.pipeTo(outgoing.writable).catch(() => {});
      outgoing.readable.pipeTo(incoming.writable).catch(() => {});
    }
  }

  /** Cuts all connections, and takes no more. */
  close(): void {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // It has ended by itself.
      }
    }
  }
}
