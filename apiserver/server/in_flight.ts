import type { RequestInfo, User } from "../types.ts";
import type { Clock } from "./clock.ts";
import { FairSeats } from "./fair_seats.ts";

/** How many requests may be under way at once, the first two as kube-apiserver's flags say it. */
export interface InFlightLimits {
  /** @default {400} */
  mutating?: number;
  /** A watch counts until it is established. @default {800} */
  readOnly?: number;
  /** Requests for Leases, so that leaders stay leaders under load. @default {50} */
  leases?: number;
  /** Requests of one user that may wait beyond these, of each kind. @default {200} */
  queueLength?: number;
}

/** The kinds of requests that have seats of their own. */
export type Level = "exempt" | "mutating" | "readOnly" | "leases";

const READING = new Set(["get", "list", "watch", "head", "options"]);
const HEALTH = /^\/(?:livez|readyz|healthz)(?:\/|$)/;

/**
 * Seats for requests under way: a small form of Kubernetes' API Priority and
 * Fairness. The flows between which it is fair are users, so each
 * ServiceAccount of each namespace is one.
 */
export class InFlight {
  readonly levels: Record<Level, FairSeats>;

  constructor(limits: InFlightLimits & { clock?: Clock } = {}) {
    const { mutating = 400, readOnly = 800, leases = 50 } = limits;
    const { queueLength = 200, clock } = limits;
    const seats = (seats: number) =>
      new FairSeats({ seats, queueLength, clock });
    this.levels = {
      exempt: seats(Infinity),
      mutating: seats(mutating),
      readOnly: seats(readOnly),
      leases: seats(leases),
    };
  }

  /** For `/metrics`. */
  gauges(): Record<string, number> {
    const gauges: Record<string, number> = {};
    for (const [name, level] of Object.entries(this.levels)) {
      const label = name.toLowerCase();
      gauges[`apiserver_current_inflight_${label}`] = level.taken;
      if (name === "exempt") continue;
      gauges[`apiserver_current_inqueue_${label}`] = level.waiting;
      gauges[`apiserver_refused_${label}_total`] = level.refused;
    }
    return gauges;
  }

  /** The seats that a request takes one of. */
  seatsOf(user: User, info: RequestInfo): FairSeats {
    const { levels } = this;
    if (user.groups.includes("system:masters")) return levels.exempt;
    if (!info.isResource && HEALTH.test(info.path)) return levels.exempt;
    if (
      info.resource === "leases" && info.group === "coordination.k8s.io"
    ) return levels.leases;
    return READING.has(info.verb) ? levels.readOnly : levels.mutating;
  }
}
