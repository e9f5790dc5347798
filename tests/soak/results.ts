import { join } from "node:path";
import { machine } from "../machine.ts";
import type { Figures } from "./soak.ts";

/** What a soak's run came to. */
export interface Outcome {
  name: string;
  title: string;
  count: number;
  unit: string;
  seed: number;
  seconds: number;
  figures?: Figures;
  /** Why it did not run. */
  skipped?: string;
  /** What did not hold. */
  error?: string;
}

/** Writes `soak_NAME.json` for each, and `soak.md` of all that are in the folder. */
export async function writeResults(
  outcomes: Outcome[],
  folder: string,
): Promise<void> {
  if (outcomes.length === 0) return;
  await Deno.mkdir(folder, { recursive: true });
  for (const outcome of outcomes) {
    const result = {
      ...outcome,
      date: new Date().toISOString().slice(0, 10),
      machine: machine(),
    };
    await Deno.writeTextFile(
      join(folder, `soak_${outcome.name}.json`),
      JSON.stringify(result, null, 2) + "\n",
    );
  }
  const page = join(folder, "soak.md");
  await Deno.writeTextFile(page, await summary(folder));
  // So that `deno fmt --check` agrees with the widths of the tables.
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", page] })
    .output();
}

async function summary(folder: string): Promise<string> {
  const names = Array.from(Deno.readDirSync(folder), (entry) => entry.name)
    .filter((name) => /^soak_.*\.json$/.test(name)).sort();
  const parts = [
    "# Soaks\n",
    "Written by `deno task soak`; the last whole run of each.\n",
  ];
  for (const name of names) {
    const result: Outcome & { date: string; machine: string } = JSON.parse(
      await Deno.readTextFile(join(folder, name)),
    );
    const { count, unit, seed, seconds, date } = result;
    parts.push(
      `## ${result.name}\n`,
      `${result.title}\n`,
      `${
        count.toLocaleString("en")
      } ${unit}, seed ${seed}, ${seconds} s, ${date}, ${result.machine}.\n`,
      "| figure | value |\n| --- | --- |",
      ...Object.entries(result.figures ?? {}).map(([figure, value]) =>
        `| ${figure} | ${
          typeof value === "number" ? value.toLocaleString("en") : value
        } |`
      ),
      "",
    );
  }
  return parts.join("\n");
}
