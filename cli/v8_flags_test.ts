import assert from "node:assert/strict";
import { V8_FLAGS } from "./v8_flags.ts";

Deno.test("tasks that run for months have V8's flags, which no program can set for itself", async () => {
  const url = new URL("../deno.json", import.meta.url);
  const { tasks } = JSON.parse(await Deno.readTextFile(url));
  for (const name of ["up", "hub"]) {
    assert.match(tasks[name].command, new RegExp(`--v8-flags=${V8_FLAGS} `));
  }
});
