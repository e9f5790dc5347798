/**
 * `deno task soak [NAME…]`: runs soaks, all of them or those named.
 *
 * A whole run writes its figures to `bench/results/`; a share of one (`--share 0.1`) only prints them.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seededRandom } from "../random.ts";
import { junitReport } from "./junit.ts";
import { type Outcome, writeResults } from "./results.ts";
import type { Soak } from "./soak.ts";
import { soaks } from "./soaks.ts";

const USAGE = `deno task soak [NAME…] [--share N] [--seed N] [--junit FILE]

  --share N     do this part of each (default 1); only whole runs are written to bench/results
  --seed N      repeat the choices of an earlier run (default: a new seed)
  --junit FILE  write a JUnit report

Soaks:
${soaks.map((s) => `  ${s.name.padEnd(12)}  ${s.title}`).join("\n")}
`;

const options = readOptions();
const outcomes: Outcome[] = [];
for (const soak of options.soaks) outcomes.push(await runSoak(soak));
if (options.junit) {
  await Deno.writeTextFile(options.junit, junitReport(outcomes));
}
if (options.share === 1) {
  const folder = new URL("../../bench/results/", import.meta.url);
  await writeResults(
    outcomes.filter((o) => !o.error && !o.skipped),
    fileURLToPath(folder),
  );
}
Deno.exit(outcomes.some((o) => o.error) ? 1 : 0);

async function runSoak(soak: Soak): Promise<Outcome> {
  const { name, title, unit } = soak;
  const { seed, share } = options;
  const count = Math.max(1, Math.round(soak.count * share));
  const say = (text: string) => console.error(`${name}: ${text}`);
  const base = { name, title, unit, count, seed };
  const skipped = await soak.missing?.();
  if (skipped) {
    say(`skipped, ${skipped}`);
    return { ...base, seconds: 0, skipped };
  }
  say(`${count} ${unit}, seed ${seed}`);
  const dir = await Deno.makeTempDir({ prefix: `faros-soak-${name}-` });
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  try {
    const random = seededRandom(seed);
    const figures = await soak.run({ count, seed, random, dir, say });
    await Deno.remove(dir, { recursive: true });
    const outcome = { ...base, seconds: seconds(), figures };
    say(`ok after ${outcome.seconds} s: ${JSON.stringify(figures)}`);
    return outcome;
  } catch (error) {
    const text = error instanceof Error
      ? error.stack ?? error.message
      : String(error);
    say(`FAILED: ${text}`);
    say(`its files are left in ${dir}`);
    say(`again: deno task soak ${name} --share ${share} --seed ${seed}`);
    return { ...base, seconds: seconds(), error: text };
  }
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      share: { type: "string", default: "1" },
      seed: { type: "string" },
      junit: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    Deno.exit(0);
  }
  const share = Number(values.share);
  const seed = Number(values.seed ?? Date.now() % 1e9);
  const unknown = positionals.filter((n) => !soaks.some((s) => s.name === n));
  if (unknown.length > 0 || !(share > 0 && share <= 1) || !(seed >= 0)) {
    console.error(
      unknown.length > 0
        ? `There is no soak ${unknown.join(", ")}.`
        : "--share is a number above 0, at most 1; --seed is a number.",
    );
    console.error(USAGE);
    Deno.exit(2);
  }
  return {
    soaks: positionals.length > 0
      ? soaks.filter((s) => positionals.includes(s.name))
      : soaks,
    share,
    seed,
    junit: values.junit,
  };
}
