/** Labels of a sample. */
export type Labels = Record<string, string>;

/** A number that is set, or grows. */
export interface Metric {
  /** Replaces the value. */
  set(value: number, labels?: Labels): void;
  /** Adds to the value. @default by 1 */
  add(value?: number, labels?: Labels): void;
  /** Forgets all samples, for what comes and goes such as disks. */
  clear(): void;
}

/** A registry of metrics, written as Prometheus text. */
export interface Metrics {
  /** A value that goes up and down. */
  gauge(name: string, help: string): Metric;
  /** A value that only grows; its name ends in `_total`. */
  counter(name: string, help: string): Metric;
  /** Text exposition format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
  render(): string;
}

/** Makes an empty {@linkcode Metrics}. */
export function createMetrics(): Metrics {
  const all = new Map<string, { head: string; samples: Map<string, number> }>();
  const metric = (name: string, help: string, type: string): Metric => {
    let entry = all.get(name);
    if (!entry) {
      const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
      const head = `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`;
      all.set(name, entry = { head, samples: new Map() });
    }
    const { samples } = entry;
    return {
      set: (value, labels) => void samples.set(name + render(labels), value),
      add: (value = 1, labels) => {
        const key = name + render(labels);
        samples.set(key, (samples.get(key) ?? 0) + value);
      },
      clear: () => samples.clear(),
    };
  };
  return {
    gauge: (name, help) => metric(name, help, "gauge"),
    counter: (name, help) => metric(name, help, "counter"),
    render() {
      let text = "";
      for (const { head, samples } of all.values()) {
        if (!samples.size) continue;
        text += head;
        for (const [key, value] of samples) text += `${key} ${number(value)}\n`;
      }
      return text;
    },
  };
}

function render(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([key, value]) => {
    const text = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
      .replaceAll("\n", "\\n");
    return `${key}="${text}"`;
  });
  return pairs.length ? `{${pairs.join(",")}}` : "";
}

function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
