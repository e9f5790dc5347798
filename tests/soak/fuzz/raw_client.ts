/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  body: Uint8Array;
  /** The body was still coming when the reader left. */
  left: boolean;
}

/** Options of {@linkcode RawClient}. */
export interface RawClientOptions {
  hostname: string;
  port: number;
  caData: string;
  /** Milliseconds after which an answer counts as hung. */
  timeoutMs: number;
  /** Milliseconds that an answer without an end is read for. */
  streamMs: number;
}

const decoder = new TextDecoder("latin1");

/** Bytes that the head of an answer may have; clients refuse more, some of them much less. */
const MAX_HEAD = 1 << 16;

/** Sends bytes over one TLS connection and reads HTTP/1.1 answers; unlike `fetch` it lets everything through. */
export class RawClient {
  #options: RawClientOptions;
  #connection: Deno.TlsConn | undefined;
  #buffer: Uint8Array = new Uint8Array();

  constructor(options: RawClientOptions) {
    this.#options = options;
  }

  /**
   * Sends one request and reads its answer.
   *
   * @throws Error where there is none in time, or the connection ends before it.
   */
  async send(
    bytes: Uint8Array,
    { method }: { method: string },
  ): Promise<RawAnswer> {
    // A connection that the server had closed meanwhile says so at the first read: once more on a new one.
    const fresh = !this.#connection;
    try {
      return await this.#exchange(bytes, method);
    } catch (error) {
      this.close();
      if (fresh || !(error instanceof Ended)) throw error;
      return await this.#exchange(bytes, method);
    }
  }

  async #exchange(bytes: Uint8Array, method: string): Promise<RawAnswer> {
    const { hostname, port, caData, timeoutMs } = this.#options;
    if (!this.#connection) {
      const tcp = await Deno.connect({ hostname, port });
      // A request may take two packets, the second of which must not wait for the first's acknowledgement.
      tcp.setNoDelay();
      this.#connection = await Deno.startTls(tcp, {
        hostname,
        caCerts: [caData],
      });
    }
    const connection = this.#connection;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.close();
    }, timeoutMs);
    // The server may answer, and close, before it has read all.
    const writing = writeAll(connection, bytes).catch(() => {});
    try {
      const answer = await this.#read(method);
      if (
        answer.left || /close/i.test(answer.headers.get("connection") ?? "")
      ) {
        this.close();
      } else await writing;
      return answer;
    } catch (error) {
      if (timedOut) throw new Error(`no answer within ${timeoutMs} ms`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(method: string): Promise<RawAnswer> {
    let head: string;
    let status: number;
    do {
      head = await this.#until("\r\n\r\n");
      status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
      if (!status) throw new Error(`no HTTP answer: ${head.slice(0, 100)}`);
    } while (status < 200);
    const headers = new Headers();
    for (const line of head.split("\r\n").slice(1)) {
      const colon = line.indexOf(":");
      if (colon > 0) {
        headers.append(line.slice(0, colon), line.slice(colon + 1));
      }
    }
    const answer = { status, headers, body: new Uint8Array(), left: false };
    if (method === "HEAD" || status === 204 || status === 304) return answer;
    if (/chunked/i.test(headers.get("transfer-encoding") ?? "")) {
      return {
        ...answer,
        ...await this.#chunks(method === "GET" && status === 200),
      };
    }
    const length = headers.get("content-length");
    if (length !== null) answer.body = await this.#take(Number(length));
    return answer;
  }

  async #chunks(
    endless: boolean,
  ): Promise<{ body: Uint8Array<ArrayBuffer>; left: boolean }> {
    let left = false;
    const timer = endless && setTimeout(() => {
      left = true;
      this.close();
    }, this.#options.streamMs);
    const parts: Uint8Array[] = [];
    try {
      for (;;) {
        const size = parseInt(await this.#until("\r\n"), 16);
        const part = await this.#take(size);
        await this.#take(2);
        if (size === 0) break;
        parts.push(part);
      }
    } catch (error) {
      if (!left) throw error;
    } finally {
      if (timer) clearTimeout(timer);
    }
    return { body: joined(parts), left };
  }

  async #until(mark: string): Promise<string> {
    for (;;) {
      const end = decoder.decode(this.#buffer.subarray(0, MAX_HEAD)).indexOf(
        mark,
      );
      if (end >= 0) {
        const text = decoder.decode(this.#buffer.subarray(0, end));
        this.#buffer = this.#buffer.subarray(end + mark.length);
        return text;
      }
      if (this.#buffer.length >= MAX_HEAD) {
        throw new Error(`a head of more than ${MAX_HEAD} bytes`);
      }
      await this.#more();
    }
  }

  async #take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#buffer.length === 0) await this.#more();
      const part = this.#buffer.subarray(0, missing);
      this.#buffer = this.#buffer.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return joined(parts);
  }

  async #more(): Promise<void> {
    const chunk = new Uint8Array(1 << 16);
    let read: number | null | undefined;
    try {
      read = await this.#connection?.read(chunk);
    } catch (error) {
      throw new Ended(`the connection broke: ${error}`);
    }
    if (!read) throw new Ended("the connection ended before the answer did");
    this.#buffer = joined([this.#buffer, chunk.subarray(0, read)]);
  }

  close(): void {
    try {
      this.#connection?.close();
    } catch { /* it was closed already */ }
    this.#connection = undefined;
    this.#buffer = new Uint8Array();
  }
}

class Ended extends Error {}

async function writeAll(connection: Deno.TlsConn, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
