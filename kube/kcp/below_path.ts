import type { RequestOptions, RestClient } from "../contract.ts";

/** A client of what is below a path of `rest`'s server, on the same connections. */
export function belowPath(rest: RestClient, prefix: string): RestClient {
  // The overloads of performRequest differ in what they promise, not in what they do.
  const performRequest = (opts: RequestOptions) =>
    rest.performRequest({ ...opts, path: prefix + opts.path });
  return {
    performRequest: performRequest as RestClient["performRequest"],
    [Symbol.dispose]: () => {}, // the connections are `rest`'s
  };
}
