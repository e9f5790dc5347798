/**
 * The hub's metrics in Prometheus' text format (version 0.0.4).
 *
 * @module
 */
import type { ReconcileOutcome } from "../kube/reconciler.ts";

type Labels = Record<string, string>;

interface Metric {
  help: string;
  type: "counter" | "gauge" | "histogram";
}

/** Upper bounds of the reconciles' durations, in seconds. */
const BUCKETS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

/** Counts what the hub does; gauges are asked for when somebody looks. */
export class HubMetrics {
  readonly #metrics = new Map<string, Metric>();
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #queues = new Map<
    string,
    { length: number; processing: number; delayed: number }
  >();
  readonly #gauges = new Map<
    string,
    () => { labels?: Labels; value: number }[]
  >();

  constructor() {
    this.define("faros_reconciles_total", {
      help: "Reconciles by controller and how they ended",
      type: "counter",
    });
    this.define("faros_reconcile_duration_seconds", {
      help: "Time that reconciles took",
      type: "histogram",
    });
    this.define("faros_http_requests_total", {
      help: "Requests to the hub by method and status",
      type: "counter",
    });
    this.define("faros_webhooks_total", {
      help: "Calls of Repositories' webhooks by sender and what became of them",
      type: "counter",
    });
    this.define("faros_credentials_renewed_total", {
      help: "Credentials given to devices by signed challenge",
      type: "counter",
    });
  }

  /** Adds a counter or histogram; one of that name goes on. */
  define(name: string, metric: Metric): void {
    this.#metrics.set(name, metric);
    if (!this.#counts.has(name)) this.#counts.set(name, new Map());
  }

  /** Counts one more. */
  count(name: string, labels: Labels = {}, by = 1): void {
    const series = this.#counts.get(name)!;
    const key = labelText(labels);
    series.set(key, (series.get(key) ?? 0) + by);
  }

  /** Adds a gauge, or a counter that is kept elsewhere, in place of one of that name. */
  gauge(
    name: string,
    options: {
      help: string;
      type?: "gauge" | "counter";
      read(): { labels?: Labels; value: number }[];
    },
  ): void {
    const { help, type = "gauge", read } = options;
    this.#metrics.set(name, { help, type });
    this.#gauges.set(name, read);
  }

  /** For `onQueue` of controllers. */
  queue(
    controller: string,
    queue: { length: number; processing: number; delayed: number },
  ): void {
    this.#queues.set(controller, queue);
    this.gauge("faros_queue_depth", {
      help:
        "Keys of controllers by whether they wait, are worked on, or are due later",
      read: () =>
        [...this.#queues].flatMap(([controller, queue]) => [
          { labels: { controller, state: "waiting" }, value: queue.length },
          {
            labels: { controller, state: "processing" },
            value: queue.processing,
          },
          { labels: { controller, state: "delayed" }, value: queue.delayed },
        ]),
    });
  }

  /** For `onResult` of controllers. */
  reconciled({ controller, outcome, duration }: ReconcileOutcome): void {
    this.count("faros_reconciles_total", { controller, outcome });
    this.observe("faros_reconcile_duration_seconds", duration / 1000, {
      labels: { controller },
      buckets: BUCKETS,
    });
  }

  /** Adds a value to a histogram. */
  observe(
    name: string,
    value: number,
    { labels, buckets }: { labels: Labels; buckets: readonly number[] },
  ): void {
    for (const bound of [...buckets, Infinity]) {
      const le = bound === Infinity ? "+Inf" : String(bound);
      const inside = value <= bound ? 1 : 0;
      this.count(name, { part: "_bucket", ...labels, le }, inside);
    }
    this.count(name, { part: "_sum", ...labels }, value);
    this.count(name, { part: "_count", ...labels });
  }

  /** Drops the series that have these labels: what they are of is no more. */
  forget(name: string, labels: Labels): void {
    const pairs = labelText(labels).slice(1, -1).split(",");
    const series = this.#counts.get(name);
    for (const key of series?.keys() ?? []) {
      const own = key.slice(1, -1).split(",");
      if (pairs.every((pair) => own.includes(pair))) series!.delete(key);
    }
  }

  /** All of them. */
  text(): string {
    const lines: string[] = [];
    for (const [name, { help, type }] of this.#metrics) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [labels, value] of this.#counts.get(name) ?? []) {
        // A histogram's series are named after their part.
        const [, part = "", rest = labels] =
          /^\{part="([^"]*)",?(.*)$/.exec(labels) ?? [];
        lines.push(`${name}${part}${part ? `{${rest}` : rest} ${value}`);
      }
      for (const { labels = {}, value } of this.#gauges.get(name)?.() ?? []) {
        lines.push(`${name}${labelText(labels)} ${value}`);
      }
    }
    return lines.join("\n") + "\n";
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) =>
    `${key}="${
      value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
        .replaceAll("\n", "\\n")
    }"`
  );
  return pairs.length ? `{${pairs.join(",")}}` : "";
}
