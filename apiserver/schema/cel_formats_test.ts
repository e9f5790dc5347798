import assert from "node:assert/strict";
import { kubernetesEnvironment } from "./cel_library.ts";

Deno.test("formats say what is wrong with a text, in kube-apiserver's words", () => {
  const env = kubernetesEnvironment();
  const problems = (name: string, text: string) =>
    env.evaluate(
      `format.${name}().validate(${JSON.stringify(text)}).orValue([])`,
    );
  const good: [string, string][] = [
    ["byte", "aGk="],
    ["date", "2021-01-01"],
    ["datetime", "2021-01-01T00:00:00Z"],
    ["dns1035Label", "a-b"],
    ["dns1035LabelPrefix", "a-"],
    ["dns1123Label", "1a"],
    ["dns1123LabelPrefix", "1a-"],
    ["dns1123Subdomain", "a.b"],
    ["dns1123SubdomainPrefix", "a.b-"],
    ["labelValue", ""],
    ["qualifiedName", "x.y/Z_1"],
    ["uri", "http://a.b/c"],
    ["uuid", "123e4567-e89b-12d3-a456-426614174000"],
  ];
  for (const [name, text] of good) {
    assert.deepEqual(problems(name, text), [], name);
    assert.equal(env.evaluate(`format.named('${name}').hasValue()`), true);
  }
  const bad: [string, string, RegExp][] = [
    ["byte", "", /^invalid base64$/],
    ["date", "2021-13-01", /^invalid date$/],
    ["datetime", "2021-01-01", /^invalid datetime$/],
    ["dns1035Label", "1a", /^a DNS-1035 label must consist of /],
    ["dns1123Label", "a.b", /^must not contain dots$/],
    ["dns1123Label", "a".repeat(64), /^must be no more than 63 characters$/],
    ["dns1123Subdomain", "A", /^a lowercase RFC 1123 subdomain must /],
    ["labelValue", "a".repeat(64), /^must be no more than 63 bytes$/],
    ["qualifiedName", "a/", /^name part must be non-empty$/],
    ["uri", "", /^parse "": empty url$/],
    ["uri", "a b", /^parse "a b": invalid URI for request$/],
    ["uuid", "x", /^does not match the UUID format$/],
  ];
  for (const [name, text, wanted] of bad) {
    const [first] = problems(name, text) as string[];
    assert.match(first!, wanted, name);
  }
  assert.equal(env.evaluate("format.named('nope').hasValue()"), false);
  assert.equal(env.evaluate("'%d'.format([1])"), "1");
});
