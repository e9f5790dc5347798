import { base64url } from "jose";
import { badRequest } from "../errors.ts";
import { requestInfo } from "../request/info.ts";
import { requestUrl } from "../request/url.ts";
import type { Connection } from "./handler.ts";
import { respondError } from "./respond.ts";

type Handler = (
  request: Request,
  connection?: Connection,
) => Promise<Response>;

/** Bytes that a socket holds before more is read from the watch, where they are counted and may be too many. */
const MOST_BUFFERED = 256 << 10;
/** Milliseconds until a socket that held so many is looked at again: it tells nobody when it has sent them. */
const LOOK_AGAIN_MS = 20;
/** Of browsers, which can send no header with a WebSocket; the token is in base64url. */
const TOKEN_PROTOCOL = "base64url.bearer.authorization.k8s.io.";

/**
 * Answers watches over a WebSocket where a client asks for one, as fabric8's
 * and those in browsers do: an event is a text frame. All other requests, and
 * all that fail before the first event, are answered as `handler` does.
 *
 * Source: `WatchServer.HandleWS` and `ProtocolAuthenticator` of
 * k8s.io/apiserver.
 */
export function webSocketWatches(handler: Handler): Handler {
  return (request, connection) =>
    request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
      request.method === "GET"
      ? answer(handler, request, connection)
      : handler(request, connection);
}

async function answer(
  handler: Handler,
  request: Request,
  connection: Connection | undefined,
): Promise<Response> {
  const { headers, protocol } = withoutToken(request.headers);
  // Made anew of its parts: a copy would have `Deno.serve` warn of its signal.
  const asked = new Request(request.url, { headers });
  const response = await handler(asked, connection);
  const { body } = response;
  if (!response.ok || !body || !isWatch(request)) return response;
  let upgrade: Deno.WebSocketUpgrade;
  try {
    upgrade = Deno.upgradeWebSocket(request, protocol ? { protocol } : {});
  } catch (error) {
    await body.cancel();
    return respondError(
      badRequest(
        `cannot upgrade to a WebSocket: ${(error as Error).message}`,
      ),
    );
  }
  sendLines(body, upgrade.socket);
  return upgrade.response;
}

function isWatch({ url }: Request): boolean {
  return requestInfo("GET", requestUrl(url)).verb === "watch";
}

/** Headers with the token of the subprotocols as a usual one, and the first of the others: the one to agree on. */
function withoutToken(
  given: Headers,
): { headers: Headers; protocol: string | undefined } {
  const headers = new Headers(given);
  const protocols = (given.get("sec-websocket-protocol") ?? "").split(",")
    .map((protocol) => protocol.trim()).filter((protocol) => protocol);
  const others = protocols.filter((p) => !p.startsWith(TOKEN_PROTOCOL));
  const [token] = protocols.filter((p) => p.startsWith(TOKEN_PROTOCOL));
  // A client that names no other protocol would be told of none, and give up.
  if (token && others.length > 0 && !headers.has("authorization")) {
    headers.set("authorization", `Bearer ${decoded(token)}`);
  }
  headers.delete("sec-websocket-protocol");
  return { headers, protocol: others[0] };
}

/** What is no base64url is no token, either. */
function decoded(protocol: string): string {
  try {
    const bytes = base64url.decode(protocol.slice(TOKEN_PROTOCOL.length));
    const text = new TextDecoder().decode(bytes);
    return /^[\x21-\x7e]+$/.test(text) ? text : "invalid";
  } catch {
    return "invalid";
  }
}

/** Sends each line as a frame, and ends with the lines or the client, whichever ends first. */
function sendLines(
  lines: ReadableStream<Uint8Array>,
  socket: WebSocket,
): void {
  const reader = lines.getReader();
  const decoder = new TextDecoder();
  const giveUp = () => void reader.cancel().catch(() => {});
  socket.onclose = giveUp;
  socket.onerror = giveUp;
  socket.onopen = async () => {
    try {
      for (let part; !(part = await reader.read()).done;) {
        for (const line of decoder.decode(part.value).split("\n")) {
          if (line) socket.send(line + "\n");
        }
        while (
          socket.readyState === WebSocket.OPEN &&
          socket.bufferedAmount > MOST_BUFFERED
        ) {
          await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        }
      }
    } catch {
      // The watch was dropped, or the client is gone: it starts again from where it was.
      giveUp();
    }
    socket.close();
  };
}
