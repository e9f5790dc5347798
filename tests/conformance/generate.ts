/**
 * Writes the table of specs into docs/apiserver.md, between its markers; with `--check` it only says whether it is
 * out of date, and exits with 1.
 *
 * @module
 */
import { conformanceTable } from "./conformance_table.ts";
import { readResults, readSpecs } from "./results.ts";

const PAGE = new URL("../../docs/apiserver.md", import.meta.url);
const MARKED =
  /(<!-- conformance: [^>]*-->\n)[\s\S]*?(\n<!-- end of conformance -->)/;

const table = conformanceTable(await readSpecs(), await readResults());
const present = await Deno.readTextFile(PAGE);
if (!MARKED.test(present)) {
  console.error("docs/apiserver.md has no markers to put the table between");
  Deno.exit(1);
}
const wanted = present.replace(
  MARKED,
  (_, begin, end) => `${begin}\n${table}\n${end}`,
);
if (wanted !== present) {
  if (Deno.args.includes("--check")) {
    console.error("docs/apiserver.md: the table of specs is out of date");
    console.error("Run 'deno task generate' and commit what it changes.");
    Deno.exit(1);
  }
  await Deno.writeTextFile(PAGE, wanted);
  console.error("Wrote docs/apiserver.md");
}
