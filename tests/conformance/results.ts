/** What came of the last recorded run of all specs, in `results.json`. */
export interface Results {
  /** The release of `e2e.test`, `v1.37.2`. */
  kubernetes: string;
  /** By the specs' full names. */
  specs: Record<string, "passed" | "failed">;
}

const SPECS = new URL("specs.txt", import.meta.url);
const RESULTS = new URL("results.json", import.meta.url);

/** The full names of all specs. */
export async function readSpecs(): Promise<string[]> {
  return (await Deno.readTextFile(SPECS)).split("\n").filter(Boolean);
}

/** Reads what `deno task conformance --record` has written. */
export async function readResults(): Promise<Results> {
  return JSON.parse(await Deno.readTextFile(RESULTS));
}

/** Writes the results that docs/apiserver.md shows. */
export async function writeResults(results: Results): Promise<void> {
  const json = JSON.stringify(results, null, 2);
  await Deno.writeTextFile(RESULTS, `${json}\n`);
}
