/** Where a load goes. */
export interface Address {
  url: string;
  token: string;
  /** PEM of the authority that signed its certificate. */
  caData: string;
}

/** Requests of one kind. */
export interface LoadRequests {
  method: "GET" | "POST" | "PATCH";
  /** `%d` becomes the number of an object. */
  path: string;
  type?: string;
  /** `%d` becomes the number of the object, `%v` that of the request. */
  body?: string;
  /** Objects that take turns. */
  objects: number;
  /** How many are sent in all. */
  requests: number;
  /** Connections, each with one request at a time. @default {32} */
  connections?: number;
}

/** What came of a load. */
export interface LoadFigures {
  perSecond: number;
  medianMs: number;
}

/** A program that sends requests as fast as they are answered. */
export interface LoadTool {
  /** With its version, for the results. */
  readonly name: string;
  /** @throws Error where an answer was no success. */
  run(address: Address, requests: LoadRequests): Promise<LoadFigures>;
}

/** Connections where a load says nothing else. */
export const CONNECTIONS = 32;
