/** A request as a server saw it. */
export interface SeenRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Headers;
  body: string;
}

/** A real HTTP server that keeps what it was asked, for tests. */
export interface RecordingServer extends AsyncDisposable {
  url: string;
  requests: SeenRequest[];
  /** What it answers from now on. */
  answer: (request: SeenRequest) => Response | Promise<Response>;
}

/** Starts a {@linkcode RecordingServer} that answers `{}`. */
export function startRecordingServer(): RecordingServer {
  const requests: SeenRequest[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const seen = {
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      body: await request.text(),
    };
    requests.push(seen);
    return await recording.answer(seen);
  });
  const recording: RecordingServer = {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    answer: () => Response.json({}, { status: 201 }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return recording;
}
