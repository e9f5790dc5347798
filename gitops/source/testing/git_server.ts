/**
 * A real Git server over HTTP and HTTPS: `git http-backend` behind Deno.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { CertificatePair } from "../../../kube/testing/certificates.ts";

/** What a {@linkcode GitServer} does with requests; may be changed at any time. */
export interface GitServerBehaviour {
  /** Value of the header `Authorization` that lets in. @default anybody */
  authorization?: string;
  /** Ends the connection after so many bytes of an answer. */
  cutAfter?: number;
  /** Takes requests and never answers. */
  silent?: boolean;
  /** Speaks the protocol of old servers. */
  oldProtocol?: boolean;
}

/** A running Git server. */
export interface GitServer extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  url: string;
  port: number;
  behaviour: GitServerBehaviour;
  /** Requests so far: method, path and header Authorization. */
  requests: string[];
  /** Bytes of packs sent. */
  sent: number;
}

/** Serves all repositories below a folder. */
export async function startGitServer(
  root: string,
  options: {
    tls?: CertificatePair & { clientCa?: string };
    behaviour?: GitServerBehaviour;
    /** Answers what is no repository's. */
    other?: (
      request: IncomingMessage,
      response: ServerResponse,
      body: string,
    ) => void | Promise<void>;
  } = {},
): Promise<GitServer> {
  const { tls, other } = options;
  const open = new Set<Duplex>();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response).catch((error) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  };
  const server = tls
    ? createHttps({
      cert: tls.cert,
      key: tls.key,
      ...(tls.clientCa
        ? { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }
        : {}),
    }, handle)
    : createHttp(handle);
  server.on("connection", (socket: Duplex) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  const self: GitServer = {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    behaviour: options.behaviour ?? {},
    requests: [],
    sent: 0,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) =>
        server.close(() => resolve())
      );
      for (const socket of open) socket.destroy();
      await closed;
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = new Uint8Array(await new Blob(chunks as BlobPart[]).bytes());
    const { behaviour } = self;
    const { authorization = "none" } = request.headers;
    self.requests.push(`${request.method} ${request.url} ${authorization}`);
    if (behaviour.silent) return;
    if (tls?.clientCa && !(request.socket as TLSSocket).authorized) {
      // As nginx has it.
      response.writeHead(400).end("No required SSL certificate was sent");
      return;
    }
    const url = new URL(request.url!, self.url);
    if (!/\.git\//.test(url.pathname)) {
      if (other) {
        return await other(request, response, new TextDecoder().decode(body));
      }
      response.writeHead(404).end();
      return;
    }
    if (
      behaviour.authorization && authorization !== behaviour.authorization
    ) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' })
        .end("no");
      return;
    }
    const child = new Deno.Command("git", {
      args: ["http-backend"],
      env: {
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "safe.directory",
        GIT_CONFIG_VALUE_0: "*",
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method!,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: behaviour.oldProtocol
          ? ""
          : String(request.headers["git-protocol"] ?? ""),
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const feed = async () => {
      const writer = child.stdin.getWriter();
      await writer.write(body);
      await writer.close();
    };
    await Promise.all([feed().catch(() => {}), child.status, send()]);

    async function send() {
      let head = "";
      let sent = 0;
      for await (const chunk of child.stdout) {
        let rest = chunk;
        if (!response.headersSent) {
          // A letter is a byte.
          head += new TextDecoder("latin1").decode(chunk);
          const end = head.indexOf("\r\n\r\n");
          if (end < 0) continue;
          writeHead(response, head.slice(0, end));
          rest = chunk.subarray(chunk.length - (head.length - end - 4));
        }
        if (response.destroyed) continue;
        response.write(rest);
        if (request.method === "POST") {
          self.sent += rest.length;
          sent += rest.length;
          if (sent > (behaviour.cutAfter ?? Infinity)) {
            response.destroy();
          }
        }
      }
      response.end();
    }
  }
  return self;
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name === "Status") status = parseInt(value);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
