import type { Clock } from "./clock.ts";
import type { Impersonation } from "./cluster_config.ts";
import type { RequestOptions } from "./contract.ts";
import type { TokenSource } from "./credentials.ts";

/** Options of `createRestClient`. */
export interface RestClientOptions {
  /**
   * Answers requests instead of the network: an app in the same process.
   * @default the runtime's, with the connections of `config`
   */
  fetch?: (input: Request | string, init?: RequestInit) => Promise<Response>;
  /** @default {"faros"} */
  userAgent?: string;
  /** Act as somebody else. */
  impersonate?: Impersonation;
  /** Where bearer tokens come from, instead of `config`. */
  token?: TokenSource;
  /** Gets each `Warning` that the API server sends along with an answer. */
  onWarning?: (
    text: string,
    request: Pick<RequestOptions, "method" | "path">,
  ) => void;
  /**
   * Longest time for a whole answer, and for the start of a stream, in
   * milliseconds. @default {60000}
   */
  requestTimeout?: number;
  /**
   * Longest watch to ask for, in seconds. kcp sends no bookmarks, so that a
   * watch in which nothing happens cannot be told from a dead connection; one
   * that the server ends in time is gone on with at once.
   * @default {120} where the server's URL names a workspace of kcp; else none
   */
  maxWatchSeconds?: number;
  /**
   * Whether requests share a connection, where the server can do so. Without,
   * each of those under way has one of its own, which is for the few who send
   * many: it takes a tenth less of both processors.
   *
   * @default {true}
   */
  http2?: boolean;
  /** Repetitions when the server says 429 or 503 with Retry-After. @default {5} */
  maxRetries?: number;
  /** @default {systemClock} */
  clock?: Clock;
}
