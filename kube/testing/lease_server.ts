import type { Lease } from "../lease.ts";
import {
  type FaultServer,
  startFaultServer,
  statusResponse,
} from "./fault_server.ts";

/** A server of one Lease, which can be made to fail. */
export interface LeaseServer extends FaultServer {
  lease?: Lease;
  /** Answers instead, where it returns something. */
  fault?: (request: Request) => Response | Promise<Response> | undefined;
}

/** Starts a {@linkcode LeaseServer}, with Kubernetes' optimistic concurrency. */
export function startLeaseServer(): LeaseServer {
  let version = 0;
  const server: LeaseServer = startFaultServer(async (request) => {
    const fault = await server.fault?.(request);
    if (fault) return fault;
    const { lease } = server;
    if (request.method === "GET") {
      return lease ? Response.json(lease) : statusResponse(404);
    }
    const sent: Lease = await request.json();
    if (request.method === "POST" && lease) {
      return statusResponse(409, { reason: "AlreadyExists" });
    }
    const expected = sent.metadata.resourceVersion;
    if (expected !== lease?.metadata.resourceVersion) {
      return statusResponse(409, { reason: "Conflict" });
    }
    sent.metadata.resourceVersion = String(++version);
    server.lease = sent;
    return Response.json(sent);
  });
  return server;
}
