import { fileURLToPath } from "node:url";

/** A place in a program, as V8's profiler names it. */
interface CallFrame {
  functionName: string;
  url: string;
}

/** A profile as the inspector's protocol has it (`Profiler.Profile`). */
interface Profile {
  nodes: { id: number; callFrame: CallFrame }[];
  /** Ids of nodes, one each time it looked. */
  samples?: number[];
  /** Microseconds before each sample. */
  timeDeltas?: number[];
}

/** Microseconds between two looks. */
const INTERVAL = 200;

/**
 * Looks where the main thread of a program is while `work` goes on.
 *
 * @param inspectorUrl Where its inspector is, as Deno's `--inspect` prints it
 * @returns Microseconds by where they went; `idle` is what the thread waited
 */
export async function profileWhile(
  inspectorUrl: string,
  work: () => Promise<unknown>,
): Promise<Map<string, number>> {
  using inspector = await Inspector.connect(inspectorUrl);
  await inspector.call("Profiler.enable");
  await inspector.call("Profiler.setSamplingInterval", { interval: INTERVAL });
  await inspector.call("Profiler.start");
  await work();
  const { profile } = await inspector.call("Profiler.stop") as {
    profile: Profile;
  };
  return byPlace(profile);
}

/** Sums up the samples of a profile by where the thread was itself. */
export function byPlace(
  { nodes, samples = [], timeDeltas = [] }: Profile,
): Map<string, number> {
  const places = new Map(
    nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]),
  );
  const times = new Map<string, number>();
  samples.forEach((id, i) => {
    const place = places.get(id)!;
    // A sample stands for the time until the next one.
    times.set(place, (times.get(place) ?? 0) + (timeDeltas[i + 1] ?? 0));
  });
  return times;
}

const ROOT = new URL("../", import.meta.url).href;

function placeOf({ functionName, url }: CallFrame): string {
  if (functionName === "(idle)") return "idle";
  if (functionName === "(garbage collector)") return "garbage collection";
  if (url.startsWith(ROOT)) {
    const path = fileURLToPath(url).slice(fileURLToPath(ROOT).length);
    return path.split("/").slice(0, 2).join("/");
  }
  // Of V8's own functions only some have frames of their own; what else they take counts for who calls them.
  if (/^(?:ext|node|deno):/.test(url)) return "Deno's own JavaScript";
  if (url.startsWith("npm:") || url.includes("/npm/")) return "npm packages";
  return "native: TLS, HTTP, system calls";
}

/** A connection to V8's inspector. */
class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    };
    socket.onclose = () => {
      const error = new Error("the program that is profiled has ended");
      for (const { reject } of this.#waiting.values()) reject(error);
    };
  }

  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    const inspector = new Inspector(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`cannot connect to ${url}`));
    });
    return inspector;
  }

  call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
