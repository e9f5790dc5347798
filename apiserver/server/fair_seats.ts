import { tooManyRequests } from "../errors.ts";
import { type Clock, systemClock } from "./clock.ts";

/** Options of {@linkcode FairSeats}. */
export interface FairSeatsOptions {
  /** Requests that may be under way at once. */
  seats: number;
  /** Requests of one flow that may wait for a seat. */
  queueLength: number;
  clock?: Clock;
}

/**
 * Seats for requests under way. Where all are taken, requests wait in a queue
 * per flow, and a seat that falls free goes to the flows in turn: who sends
 * much waits behind its own requests, not before those of others.
 */
export class FairSeats {
  taken = 0;
  waiting = 0;
  refused = 0;
  /** Flows with waiting requests; the first is the next in turn. */
  #queues = new Map<string, Set<() => void>>();
  #seats: number;
  #queueLength: number;
  #clock: Clock;

  constructor({ seats, queueLength, clock = systemClock }: FairSeatsOptions) {
    this.#seats = seats;
    this.#queueLength = queueLength;
    this.#clock = clock;
  }

  /**
   * Takes a seat, to be given back by {@linkcode release}: at once, then
   * nothing is answered, or when its turn comes.
   *
   * @throws {StatusError} 429 with Retry-After where too many of the flow wait
   * already, or it waits for longer than `maxWaitMs`. A client that went away
   * keeps its place until then: `Deno.serve` says so only with the answer.
   */
  take(flow: string, maxWaitMs: number): Promise<void> | undefined {
    // While anybody waits no seat is free, so nobody is passed over here.
    if (this.taken < this.#seats) {
      this.taken++;
      return;
    }
    const queue = this.#queues.get(flow) ?? new Set();
    if (queue.size >= this.#queueLength) {
      this.refused++;
      throw tooManyRequests(
        `${queue.size} requests of ${flow} wait already`,
      );
    }
    this.#queues.set(flow, queue);
    return this.#wait(flow, queue, maxWaitMs);
  }

  #wait(
    flow: string,
    queue: Set<() => void>,
    maxWaitMs: number,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting--;
        queue.delete(seated);
        if (queue.size === 0) this.#queues.delete(flow);
        stopTimer();
      };
      const seated = () => {
        leave();
        resolve();
      };
      const stopTimer = this.#clock.after(maxWaitMs, () => {
        leave();
        this.refused++;
        reject(
          tooManyRequests(`none was free for ${maxWaitMs / 1000} s`),
        );
      });
      this.waiting++;
      queue.add(seated);
    });
  }

  /** Gives a seat back; it goes to the next in turn. */
  release(): void {
    for (const [flow, queue] of this.#queues) {
      // To the end of the line, with what else it has waiting.
      this.#queues.delete(flow);
      this.#queues.set(flow, queue);
      const [seated] = queue;
      seated!();
      return;
    }
    this.taken--;
  }
}
