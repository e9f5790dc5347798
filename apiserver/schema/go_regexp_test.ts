import assert from "node:assert/strict";
import { goRegExp } from "./go_regexp.ts";

Deno.test("goRegExp() takes patterns written for Go", () => {
  assert.ok(goRegExp("(?i)^abc$").test("ABC"));
  assert.ok(goRegExp("^a(?i:b)$").test("aB"));
  assert.ok(goRegExp("\\A[[:alpha:]]+\\z").test("abc"));
  assert.ok(!goRegExp("^[[:digit:]]+$").test("a"));
  assert.ok(goRegExp("^(?P<year>\\d+)\\-$").test("2026-"));
  assert.ok(goRegExp("^\\p{Greek}.$").test("α😀"));
  assert.ok(goRegExp("b").test("abc"));
});

Deno.test("goRegExp() says what Go says of what is no pattern", () => {
  for (
    const [pattern, why] of [
      ["a[b", "missing closing ]: `[b`"],
      ["[]", "missing closing ]: `[]`"],
      ["(a", "missing closing ): `(a`"],
      ["a)", "unexpected ): `a)`"],
      ["\\", "trailing backslash at end of expression: ``"],
      ["a(?=b)", "invalid or unsupported Perl syntax: `(?=`"],
      ["a{1001}", "invalid repeat count: `{1001}`"],
    ]
  ) {
    assert.throws(() => goRegExp(pattern!), {
      message: `error parsing regexp: ${why}`,
    });
  }
  for (const fine of ["[]a]", "[^](]", "\\(", "[[:alpha:]]", "(a|[)])"]) {
    assert.ok(goRegExp(fine), fine);
  }
});

Deno.test("goRegExp() is quick with patterns that keep others busy", () => {
  // With backtracking these take 2^60 steps.
  const text = "a".repeat(60) + "!";
  for (const pattern of ["(a+)+$", "^(a|aa)+$", "^(a|a?)+$"]) {
    assert.ok(!goRegExp(pattern).test(text), pattern);
  }
});
