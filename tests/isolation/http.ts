/** A request as it goes over the wire. */
export interface Ask {
  method: string;
  /** With the query. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** The answer may go on for ever; its first part is enough. */
  stream?: boolean;
}

/** What came back. */
export interface Answer {
  status: number;
  text: string;
}

/** Repetitions where the server has no time. */
const RETRIES = 20;

/** Sends requests to one server, as whoever has the token. */
export class Http implements Disposable {
  /** `https://127.0.0.1:6443` */
  readonly origin: string;
  readonly #client: Deno.HttpClient;

  constructor({ origin, caData }: { origin: string; caData?: string }) {
    this.origin = origin;
    this.#client = Deno.createHttpClient({
      caCerts: caData ? [caData] : [],
      // With HTTP/2, one answer that goes on can hold up the others.
      http2: false,
      poolMaxIdlePerHost: 32,
    });
  }

  /** Sends a request; whatever is answered is an answer. */
  async send(ask: Ask, token: string | undefined): Promise<Answer> {
    const headers = new Headers(ask.headers);
    if (token) headers.set("authorization", `Bearer ${token}`);
    for (let retries = 0;; retries++) {
      const response = await fetch(this.origin + ask.path, {
        method: ask.method,
        headers,
        body: ask.body,
        redirect: "manual",
        client: this.#client,
      });
      if (response.status === 429 && retries < RETRIES) {
        await response.body?.cancel();
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      const text = ask.stream && response.ok
        ? await firstPart(response)
        : await response.text();
      return { status: response.status, text };
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

async function firstPart(response: Response): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  while (reader && !text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader?.cancel();
  return text;
}
