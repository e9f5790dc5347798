/** A metric that only grows, with what it was counted for. */
export interface Counter {
  name: string;
  help: string;
  series: { labels: Record<string, string>; value: number }[];
}

/** Counts for metrics in Prometheus' form. */
export class Counters {
  readonly #help: Record<string, string>;
  readonly #series = new Map<
    string,
    Map<string, { labels: Record<string, string>; value: number }>
  >();

  /** @param help Names of the metrics and what they are. */
  constructor(help: Record<string, string>) {
    this.#help = help;
  }

  /** Counts one more. */
  add(name: string, labels: Record<string, string>): void {
    const key = JSON.stringify(labels);
    const series = this.#series.get(name) ?? new Map();
    this.#series.set(name, series);
    const before = series.get(key) ?? { labels, value: 0 };
    series.set(key, { labels, value: before.value + 1 });
  }

  /** All of them. */
  list(): Counter[] {
    return Object.entries(this.#help).map(([name, help]) => ({
      name,
      help,
      series: [...this.#series.get(name)?.values() ?? []],
    }));
  }
}
