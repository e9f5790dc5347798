import assert from "node:assert/strict";
import type { Node } from "./cel_estimate.ts";
import { kubernetesEnvironment } from "./cel_library.ts";
import { withLinearMatches } from "./cel_matches.ts";

Deno.test("withLinearMatches() renames each call of matches, and nothing else", () => {
  const env = kubernetesEnvironment();
  for (
    const [source, wanted] of [
      ["self.matches('a')", "self.__matches('a')"],
      [
        "(self.a) . matches('matches') && self.matches.matches(self.b.matches('x') ? 'a' : 'b')",
        "(self.a) . __matches('matches') && self.matches.__matches(self.b.__matches('x') ? 'a' : 'b')",
      ],
      ["self.all(m, m.matches('a'))", "self.all(m, m.__matches('a'))"],
      ["self.matches == 'matches'", "self.matches == 'matches'"],
    ]
  ) {
    const ast = env.parse(source!).ast as Node;
    assert.equal(withLinearMatches(source!, ast), wanted);
  }
});
