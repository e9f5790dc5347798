import { badRequest, StatusError } from "../errors.ts";
import { goDuration } from "../request/go_duration.ts";
import type { RequestUrl } from "../request/url.ts";
import { type Clock, systemClock } from "./clock.ts";

/** kube-apiserver's `--request-timeout`, in milliseconds. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Options of {@linkcode RequestTime}. */
export interface RequestTimeOptions {
  /** Milliseconds that a request may take. @default {60_000} */
  timeoutMs?: number;
  clock?: Clock;
}

interface Running {
  until: number;
  giveUp(): void;
}

/**
 * Limits how long requests take. Nearly all have the same limit and end long
 * before it, so one timer watches the oldest of them.
 */
export class RequestTime {
  readonly timeoutMs: number;
  /** In order of their start, so that the first ends first. */
  #running = new Set<Running>();
  #clock: Clock;
  #stopTimer: (() => void) | undefined;

  constructor({ timeoutMs, clock }: RequestTimeOptions = {}) {
    this.timeoutMs = timeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#clock = clock ?? systemClock;
  }

  /**
   * Milliseconds that a request may take: less where its parameter `timeout`
   * asks for less.
   *
   * @throws {StatusError} 400 where that is no duration.
   */
  of(url: RequestUrl, text: string): number {
    // Most URLs have no such parameter and need not be taken apart.
    const asked = text.includes("timeout=")
      ? url.searchParams.get("timeout")
      : null;
    if (!asked) return this.timeoutMs;
    let ms: number;
    try {
      ms = goDuration(asked);
    } catch (error) {
      throw badRequest(
        `invalid timeout specified in the request URL - ${
          (error as Error).message
        }`,
      );
    }
    return ms > 0 && ms < this.timeoutMs ? ms : this.timeoutMs;
  }

  /**
   * The outcome of `work`. Work that takes longer than `ms` goes on, as a
   * write that is under way cannot be taken back, but nobody hears of it.
   *
   * @throws {StatusError} 504 where it takes longer.
   */
  limit<T>(work: Promise<T>, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = () =>
        reject(
          new StatusError(
            504,
            "Timeout",
            "Timeout: request did not complete within the allotted timeout",
            {},
          ),
        );
      const end = ms < this.timeoutMs
        ? this.#clock.after(ms, giveUp)
        : this.#watch(giveUp);
      work.then((value) => {
        end();
        resolve(value);
      }, (error) => {
        end();
        reject(error);
      });
    });
  }

  #watch(giveUp: () => void): () => void {
    const running = { until: this.#clock.now() + this.timeoutMs, giveUp };
    this.#running.add(running);
    this.#stopTimer ??= this.#clock.after(this.timeoutMs, this.#look);
    return () => this.#running.delete(running);
  }

  #look = () => {
    this.#stopTimer = undefined;
    const now = this.#clock.now();
    for (const running of this.#running) {
      if (running.until > now) {
        this.#stopTimer = this.#clock.after(running.until - now, this.#look);
        return;
      }
      this.#running.delete(running);
      running.giveUp();
    }
  };

  /** Ends the timer; to be called when no request is under way. */
  close(): void {
    this.#stopTimer?.();
  }
}
