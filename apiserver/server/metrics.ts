/** Counts for `/metrics`, in the text format of Prometheus. */
export class Metrics {
  #requests = new Map<string, number>();
  #seconds = new Map<string, number>();

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
    const key = `verb="${verb.toUpperCase()}",group="${group}",resource="${
      escape(resource)
    }"`;
    const withCode = `code="${code}",${key}`;
    this.#requests.set(withCode, (this.#requests.get(withCode) ?? 0) + 1);
    this.#seconds.set(key, (this.#seconds.get(key) ?? 0) + seconds);
  }

  /** The counts, with `gauges` by name. */
  text(gauges: Record<string, number>): string {
    const lines = [
      "# HELP apiserver_request_total Requests by verb, resource and answer.",
      "# TYPE apiserver_request_total counter",
    ];
    for (const [labels, count] of this.#requests) {
      lines.push(`apiserver_request_total{${labels}} ${count}`);
    }
    lines.push(
      "# HELP apiserver_request_duration_seconds_sum Time spent on requests.",
      "# TYPE apiserver_request_duration_seconds_sum counter",
    );
    for (const [labels, seconds] of this.#seconds) {
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
  return text.replaceAll(/[\\"\n]/g, "_");
}
