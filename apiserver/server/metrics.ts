/** What is counted of requests with the same labels. */
interface Series {
  group: string;
  resource: string;
  /** Answers by status code. */
  answers: Map<number, number>;
  seconds: number;
}

/** Counts for `/metrics`, in the text format of Prometheus. */
export class Metrics {
  /** By labels. */
  #series = new Map<string, Series>();

  /** Counts one answered request. */
  observe(
    { verb, group, resource, code, seconds }: {
      verb: string;
      group: string;
      resource: string;
      code: number;
      seconds: number;
    },
  ): void {
    const labels = `verb="${verb.toUpperCase()}",group="${group}",resource="${
      escape(resource)
    }"`;
    let series = this.#series.get(labels);
    if (!series) {
      series = { group, resource, answers: new Map(), seconds: 0 };
      this.#series.set(labels, series);
    }
    series.answers.set(code, (series.answers.get(code) ?? 0) + 1);
    series.seconds += seconds;
  }

  /** Forgets what is served no longer: definitions come and go. */
  keep(served: (of: { group: string; resource: string }) => boolean): void {
    for (const [labels, { group, resource }] of this.#series) {
      if (resource && !served({ group, resource })) this.#series.delete(labels);
    }
  }

  /** The counts, with `gauges` by name. */
  text(gauges: Record<string, number>): string {
    const lines = [
      "# HELP apiserver_request_total Requests by verb, resource and answer.",
      "# TYPE apiserver_request_total counter",
    ];
    for (const [labels, { answers }] of this.#series) {
      for (const [code, count] of answers) {
        lines.push(
          `apiserver_request_total{code="${code}",${labels}} ${count}`,
        );
      }
    }
    lines.push(
      "# HELP apiserver_request_duration_seconds_sum Time spent on requests.",
      "# TYPE apiserver_request_duration_seconds_sum counter",
    );
    for (const [labels, { seconds }] of this.#series) {
      lines.push(
        `apiserver_request_duration_seconds_sum{${labels}} ${
          seconds.toFixed(6)
        }`,
      );
    }
    for (const [name, value] of Object.entries(gauges)) {
      lines.push(`# TYPE ${name} gauge`, `${name} ${value}`);
    }
    return lines.join("\n") + "\n";
  }
}

function escape(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll(/[\\"\n]/g, "_") : text;
}
