import assert from "node:assert/strict";
import { giteaCodeOwners } from "./gitea_code_owners.ts";

Deno.test("giteaCodeOwners() asks the owners of every rule that matches", () => {
  const owners = giteaCodeOwners(`
# Everything but the docs
!docs/.*                      @acme/operators
.*\\\\.yaml                     @ann @bob # files of YAML
/workspaces/[^/]+/workspace.yaml @acme/platform
(?!root/).*/deep/.*           @acme/deep
a+b                           @exact
[broken                       @nobody
no-owner
`);
  const of = (path: string) => owners(path).map((list) => list.join(" "));
  assert.deepEqual(of("docs/a.md"), []);
  assert.deepEqual(of("docs/a.yaml"), ["@ann @bob"]);
  assert.deepEqual(of("docs/a.yamlx"), [], "whole paths");
  assert.deepEqual(of("workspaces/a/workspace.yaml"), [
    "@acme/operators",
    "@ann @bob",
    "@acme/platform",
  ]);
  assert.deepEqual(of("workspaces/a/b/workspace.yaml"), [
    "@acme/operators",
    "@ann @bob",
  ]);
  assert.deepEqual(of("x/deep/y"), ["@acme/operators", "@acme/deep"]);
  assert.deepEqual(of("root/deep/y"), ["@acme/operators"], "a lookahead");
  assert.deepEqual(of("aab"), ["@acme/operators", "@exact"]);
  assert.deepEqual(of("no-owner"), ["@acme/operators"]);
});
