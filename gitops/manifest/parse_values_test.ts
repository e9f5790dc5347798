import assert from "node:assert/strict";
import fc from "fast-check";
import { isMap, isScalar } from "yaml";
import { mutated, randomYaml } from "../testing/random_yaml.ts";
import { locateIn } from "./locate_in.ts";
import { parseFile } from "./parse_file.ts";
import { parseNodes } from "./parse_nodes.ts";
import { parseValues } from "./parse_values.ts";

/** The same runs each time. */
const RUNS = { seed: 12, numRuns: 600 };

const root = new URL("../../", import.meta.url);

/** Manifests of the repository, good and bad. */
const examples = [
  ...texts(new URL("fixtures/", root)),
  ...texts(new URL("gitops/testdata/", root)),
].filter((text) => text.length < 10_000);

/** What the parser that knows places has to say of a text. */
function parsed(text: string) {
  const { documents, problems, position } = parseNodes({
    path: "a.yaml",
    text,
  });
  const objects = documents.flatMap((document) => {
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    return [{ value, ...locateIn(document, position).locate([]) }];
  });
  return { objects, problems, documents, position };
}

/** Checks that a text is read as by the other parser, if at all. @returns Whether it is read */
function agrees(text: string): boolean {
  const values = parseValues(text);
  if (!values) return false;
  const { objects, problems } = parsed(text);
  assert.deepEqual(problems, [], JSON.stringify(text));
  assert.deepEqual(values, objects, JSON.stringify(text));
  // Also the order of fields.
  assert.equal(JSON.stringify(values), JSON.stringify(objects), text);
  return true;
}

Deno.test("parseValues() reads what the yaml library reads: YAML in all styles", () => {
  let read = 0;
  fc.assert(
    fc.property(randomYaml, (text) => {
      if (agrees(text)) read++;
    }),
    RUNS,
  );
  assert.ok(read > RUNS.numRuns / 2, `only ${read} were read`);
});

Deno.test("parseValues() reads what the yaml library reads: changed here and there", () => {
  const random = fc.sample(randomYaml, RUNS);
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(mutated(examples), mutated(random)), (text) => {
      if (agrees(text)) read++;
    }),
    RUNS,
  );
  assert.ok(read > 0 && read < RUNS.numRuns, `${read} were read`);
});

Deno.test("parseValues() reads the manifests of this repository", () => {
  const manifests = texts(new URL("fixtures/", root))
    .filter((text) => /^apiVersion:/m.test(text));
  assert.ok(manifests.length > 10);
  const left = manifests.filter((text) => !agrees(text));
  // Brackets that end where the field begins, which YAML does not allow.
  for (const text of left) assert.match(text, /^ *[\]}]$/m);
  assert.ok(left.length < manifests.length / 4, `${left.length} are left`);
  for (const text of examples) agrees(text);
});

Deno.test("parseValues() reads scalars as YAML 1.2's core schema has them", () => {
  const forms = "null Null NULL nULL ~ true True TRUE tRUE false no yes on " +
    "0 -0 +0 007 08 12 -12 +12 1_000 0b1 1. .5 -.5 . + 1.5 1e3 1E-3 +1.e2 e3 " +
    "1:30 2026-01-02 2026-01-02T03:04:05Z 9007199254740991 0x 0o8 .in nan " +
    "1.2.3 1e 1e+ -1x =";
  for (const form of forms.split(" ")) {
    assert.ok(agrees(`a: ${form}\nb: '${form}'\nc:\n- ${form}\n`), form);
  }
  assert.ok(agrees("a:\nb: # none\nc: ''\n"));
});

for (
  const [what, text] of Object.entries({
    "an anchor": "a: &x 1\n",
    "an alias": "a: &x 1\nb: *x\n",
    "a tag": "a: !!str 1\n",
    "a merge key": "a: {<<: {b: 1}}\n",
    "a directive": "%YAML 1.2\n---\na: 1\n",
    "a name that stands twice": "a: 1\nb: 2\na: 3\n",
    "a name that stands twice in another way": '"1": a\n1: b\n',
    "a list as a name": "[a]: 1\n",
    "no name": ": 1\n",
    "the name __proto__": "a: {__proto__: {b: 1}}\n",
    "a number that no double holds": "a: 9007199254740992\n",
    "a number beyond all": "a: 1e999\n",
    "no number": "a: .nan\n",
    "infinity": "a: -.inf\n",
    "a hexadecimal number": "a: 0xff\n",
    "a number that is octal to others": "a: 0644\n",
    "more levels than anything has": "a: " + "[".repeat(101) + "]".repeat(101),
    "a text in the place of an object": "hello\n",
    "a list in the place of an object": "- a: 1\n",
    "tabs as indentation": "a:\n\tb: 1\n",
    "a bracket that is not closed": "a: [1\n",
    "a long name": `${"a".repeat(1100)}: 1\n`,
    "returns without a line's end": "a: 1\rb: 2\n",
    "a separator of lines that is none": "a:\n# x\u2028y\n  b\nc: 1\n",
    "a mark of byte order": "\ufeffa: 1\n",
    "a second object that is none": "a: 1\n---\nhello\n",
    // Where a text is no YAML to one library, or has another value to it:
    "an indented separator": " ---\na: b\n",
    "an indented directive": '  %": b"\n---\na: b\n',
    "a field beside a list": "a:\n- [a] b: 1\n",
    "a comment before a bracket": "a: {\n b: 1\n# why\n }\n",
    "an empty block": "a: |+\n\n    \n    ",
    "an indented separator at the end": "a: b\n  ---",
    "more in the line of an end": "a: b\n... c: d\n",
    "a block that says its indentation": "a: |2\n\n    ",
    "a line's end that is none": 'a: "\\\n\n"\n',
    "a bracket where the field begins": "a:\n  b: {\n    c: 1\n  }\n",
  })
) {
  Deno.test(`parseValues() leaves to others: ${what}`, () => {
    assert.equal(parseValues(text), undefined);
  });
}

Deno.test("parseFile() tells the places that the yaml library tells", () => {
  fc.assert(
    fc.property(randomYaml, (text) => {
      if (!parseValues(text)) return;
      const { documents, position } = parsed(text);
      const found = parseFile({ path: "a.yaml", text }).documents;
      const trees = documents.filter(({ contents }) => isMap(contents));
      assert.equal(found.length, trees.length);
      for (const [i, document] of found.entries()) {
        const tree = trees[i]!;
        const places = locateIn(tree, position);
        for (const path of paths(document.value)) {
          for (const what of ["key", "value"] as const) {
            assert.deepEqual(
              document.locate(path, what),
              places.locate(path, what),
            );
          }
          const node = tree.getIn(path, true);
          if (!isScalar(node) || typeof node.value !== "string") continue;
          assert.equal(document.isPlain(path), places.isPlain(path));
        }
      }
    }),
    { ...RUNS, numRuns: 100 },
  );
});

/** All paths in a value, and some that are not there. */
function paths(value: unknown, path: PropertyKey[] = []): PropertyKey[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [
    path,
    [...path, "none"],
    ...Object.entries(value).flatMap(([key, item]) =>
      paths(item, [...path, Array.isArray(value) ? Number(key) : key])
    ),
  ];
}

/** Texts of YAML and JSON in a folder; those of golden files, too. */
function texts(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return texts(new URL(`${name}/`, folder));
    if (!/\.(ya?ml|json|txt)$/.test(name)) return [];
    const text = Deno.readTextFileSync(new URL(name, folder));
    return name.endsWith(".txt")
      ? text.split(/^-- .+ --\n/m)
      : [text.replaceAll("\r\n", "\n")];
  });
}
