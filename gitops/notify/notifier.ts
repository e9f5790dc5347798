import type { KubeObject } from "../../api/meta.ts";
import type { Repository } from "../../api/repository.ts";
import {
  Backoff,
  type Clock,
  type EventNote,
  type EventRecorder,
  type KubeClient,
  type Logger,
} from "../../kube/mod.ts";
import type { Counters } from "../counters.ts";
import { readSystemSecret } from "../repository/read_secret.ts";
import type { Notification, NotificationTarget } from "./notification.ts";
import { RecentNotes } from "./recent_notes.ts";
import { NotificationError, sendNotification } from "./send.ts";

/** Name of the metric of notifications. */
export const NOTIFICATIONS = "faros_notifications_total";

/** Options of {@linkcode Notifier}. */
export interface NotifierOptions {
  client: KubeClient;
  /** Where notes are recorded as Events. */
  events: EventRecorder;
  counters: Counters;
  log: Logger;
  clock: Clock;
  signal: AbortSignal;
  random?: () => number;
}

/** Notifications that may wait for one receiver; the oldest goes first. */
const MAX_WAITING = 100;
/** How often one is sent before it is given up: about four minutes. */
const ATTEMPTS = 9;
/** Kind that has receivers. */
const KIND = "Repository";

interface Waiting {
  repository: Repository;
  target: NotificationTarget;
  notification: Notification;
}

/**
 * Records Events, and tells those about Repositories to whom these name in
 * `spec.notifications`: each once, in their order, again with back-off where
 * a receiver fails, and holding up nobody.
 */
export class Notifier implements EventRecorder {
  readonly #options: NotifierOptions;
  readonly #recent: RecentNotes;
  readonly #queues = new Map<string, Waiting[]>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#recent = new RecentNotes(options.clock);
  }

  event(object: KubeObject, note: EventNote): void {
    this.#options.events.event(object, note);
    if (object.kind === KIND) this.notify(object as Repository, { note });
  }

  /**
   * Tells those whom a Repository names, and records nothing.
   *
   * @param of.object What it is about. @default {repository}
   */
  notify(
    repository: Repository,
    of: { note: EventNote; object?: KubeObject },
  ): void {
    const { note, object } = of;
    const { metadata, spec } = repository;
    const targets = spec.notifications ?? [];
    if (targets.length === 0 || this.#options.signal.aborted) return;
    const what = object &&
      `${object.kind} ${object.metadata.name}${
        object.metadata.namespace ? ` in ${object.metadata.namespace}` : ""
      }`;
    const message = what ? `${what}: ${note.message}` : note.message;
    const verdict = this.#recent.add(
      metadata.uid ?? metadata.name,
      { ...note, message },
    );
    const notification: Notification = {
      id: crypto.randomUUID(),
      time: new Date(this.#options.clock.now()).toISOString(),
      repository: metadata.name,
      ...(object ? { object: referenceOf(object) } : {}),
      type: note.type ?? "Normal",
      reason: note.reason,
      message,
    };
    for (const target of targets) {
      if (target.events && !target.events.includes(note.reason)) continue;
      if (verdict === "new") {
        this.#enqueue({ repository, target, notification });
      } else this.#count(target, verdict);
    }
  }

  /** Resolves when all Events are recorded and all that is being sent is sent, or given up. */
  async flush(): Promise<void> {
    await Promise.all([this.#options.events.flush(), ...this.#running]);
  }

  #enqueue(waiting: Waiting): void {
    const { repository, target } = waiting;
    const key = `${repository.metadata.name}/${target.secretRef.name}`;
    const queue = this.#queues.get(key);
    if (queue) {
      queue.push(waiting);
      if (queue.length > MAX_WAITING) {
        this.#count(queue.shift()!.target, "dropped");
      }
      return;
    }
    this.#queues.set(key, [waiting]);
    const running = this.#work(key).catch((error) => {
      if (this.#options.signal.aborted) return;
      this.#options.log.error("Cannot notify", { error });
    }).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #work(key: string): Promise<void> {
    const queue = this.#queues.get(key)!;
    try {
      while (queue.length > 0) await this.#send(queue.shift()!);
    } finally {
      // In the same turn as the last look at it: nobody adds to it after that.
      this.#queues.delete(key);
    }
  }

  async #send({ repository, target, notification }: Waiting): Promise<void> {
    const { client, events, log, clock, signal, random } = this.#options;
    const backoff = new Backoff({
      base: 1000,
      max: 60_000,
      jitter: 0.5,
      random,
    });
    while (true) {
      try {
        await sendNotification(notification, {
          target,
          secret: await readSystemSecret(target.secretRef.name, {
            client,
            signal,
          }),
          now: () => clock.now(),
          signal,
        });
        return this.#count(target, "sent");
      } catch (error) {
        signal.throwIfAborted();
        const { message } = error as Error;
        const again = !(error instanceof NotificationError) || error.again;
        const wait = backoff.next();
        if (!again || backoff.attempt >= ATTEMPTS) {
          this.#count(target, "failed");
          log.warn("Gave a notification up", {
            repository: notification.repository,
            reason: notification.reason,
            error: message,
          });
          // To the Events alone, or it would go round in circles.
          events.event(repository, {
            type: "Warning",
            reason: "NotificationFailed",
            message,
          });
          return;
        }
        const asked = error instanceof NotificationError ? error.retryAfter : 0;
        await clock.sleep(Math.max(wait, asked), signal);
      }
    }
  }

  #count({ type }: NotificationTarget, result: string): void {
    this.#options.counters.add(NOTIFICATIONS, { type, result });
  }
}

function referenceOf(
  { kind, metadata: { name, namespace } }: KubeObject,
): NonNullable<Notification["object"]> {
  return { kind, name, ...(namespace ? { namespace } : {}) };
}
