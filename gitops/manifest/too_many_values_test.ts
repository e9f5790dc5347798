import assert from "node:assert/strict";
import { parseFile } from "./parse_file.ts";
import { hasTooManyValues } from "./too_many_values.ts";

const TOO_MANY = {
  "flow maps": "x: [" + "{},".repeat(60) + "]\n",
  "flow lists": "x: [" + "[],".repeat(60) + "]\n",
  "items that are nothing": "x:\n" + "  -\n".repeat(120),
  "commas with nothing between them": `x: {${"a,".repeat(60)}}`,
  "pairs": Array.from({ length: 60 }, (_, i) => `k${i}: "1"\n`).join(""),
  "aliases": "x: &a 1\ny: [" + "*a,".repeat(60) + "]\n",
  "JSON": JSON.stringify({ x: Array(60).fill({}) }),
};
for (const [what, text] of Object.entries(TOO_MANY)) {
  Deno.test(`hasTooManyValues() counts ${what}`, () => {
    assert.equal(hasTooManyValues(text, 100), true);
    assert.equal(hasTooManyValues(text, 500), false);
  });
}

const FEW = {
  "a block of text": "x: |\n" + "  - {a: [1, 2]}\n".repeat(100),
  "a text in quotes": `x: "${"{},".repeat(200)}"\n`,
  "a plain text": "x: " + "a,b-c?d".repeat(100) + "\n",
  "comments": "# {}, [], -\n".repeat(200) + "x: 1\n",
  "empty lines": "\n".repeat(500) + "x: 1\n",
};
for (const [what, text] of Object.entries(FEW)) {
  Deno.test(`hasTooManyValues() takes ${what} for no more than it is`, () => {
    assert.equal(hasTooManyValues(text, 100), false);
  });
}

Deno.test("a file of more values than memory takes is refused, whatever else is wrong with it", () => {
  for (const path of ["a.yaml", "a.json"]) {
    const text = `{"kind": "x", "y": [${"{},".repeat(200_000)}{}]}`;
    const { documents, problems } = parseFile({ path, text });
    assert.deepEqual([documents, problems], [[], [{
      file: path,
      line: 1,
      column: 1,
      message:
        "it has more than 150000 values; split it, or put what is data into a text",
    }]]);
  }
});
