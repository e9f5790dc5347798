/** Serves with as many file descriptors as its shell leaves it: says its port, then what goes wrong. */
import { serveHttp } from "../http_server.ts";

const { addr } = serveHttp({
  hostname: "127.0.0.1",
  port: 0,
  handler: (request) =>
    new Response(
      new URL(request.url).pathname === "/open"
        ? new ReadableStream({
          start: (controller) =>
            controller.enqueue(new TextEncoder().encode("begun")),
        })
        : "served",
    ),
  onError: (error) => console.log((error as Error).message),
});
// As every command does. Deno would take descriptors for signals later on, and gives up where there is none.
Deno.addSignalListener("SIGTERM", () => Deno.exit());
console.log(`port ${addr.port}`);
