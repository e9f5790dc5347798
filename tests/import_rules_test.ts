/**
 * Enforces who may import whom (see the table in CONTRIBUTING.md).
 *
 * @module
 */
import assert from "node:assert/strict";
import { relative } from "node:path/posix";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);

/** Folder → folders of the project that its code may import from. Tests may import anything. */
const MAY_IMPORT: Record<string, string[]> = {
  api: [],
  kube: ["api"],
  apiserver: [],
  gitops: ["api", "kube"],
  hub: ["api", "kube", "apiserver", "gitops"],
  agent: ["api", "kube", "plugins/sdk"],
  "plugins/sdk": ["api"],
  plugins: ["api", "plugins/sdk"],
};

/** Packages that a folder may import from npm, where that is narrower than the import map. */
const NPM: Record<string, RegExp> = { api: /^zod(\/|$)/ };

const IMPORT =
  /(?:^|[;\s])(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|^import\s+["']([^"']+)["']/gm;

/** The specifiers that a module's source imports. */
function imports(source: string): string[] {
  const code = source.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  return [...code.matchAll(IMPORT)].map((m) => (m[1] ?? m[2] ?? m[3])!);
}

/** The folder of the table that a path of the project is in. */
function folderOf(path: string): string {
  const [top = "", second] = path.split("/");
  return top === "plugins" && second === "sdk" ? "plugins/sdk" : top;
}

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory && entry.name !== "dist") {
      yield* sources(new URL(`${entry.name}/`, folder));
    } else if (
      /\.tsx?$/.test(entry.name) && !/_(test|bench)\.tsx?$/.test(entry.name)
    ) yield new URL(entry.name, folder);
  }
}

Deno.test("each folder imports only what the design lets it", async () => {
  const wrong: string[] = [];
  for (const top of new Set(Object.keys(MAY_IMPORT).map(folderTop))) {
    for await (const file of sources(new URL(`${top}/`, root))) {
      const path = relative(fileURLToPath(root), fileURLToPath(file));
      const folder = folderOf(path);
      for (const specifier of imports(await Deno.readTextFile(file))) {
        if (specifier.startsWith("node:")) continue;
        if (!specifier.startsWith(".")) {
          const allowed = NPM[folder];
          if (allowed && !allowed.test(specifier)) {
            wrong.push(`${path} imports ${specifier}`);
          }
          continue;
        }
        const target = folderOf(
          relative(
            fileURLToPath(root),
            fileURLToPath(new URL(specifier, file)),
          ),
        );
        if (target === folder) continue;
        if (!MAY_IMPORT[folder]!.includes(target)) {
          wrong.push(`${path} imports ${specifier}: ${folder} may not`);
        }
      }
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("the reader of imports sees every form of them", () => {
  const source = `
import { a } from "./a.ts";
import type { B,
  C } from "./b.ts";
export * from "./c.ts";
import "./d.ts";
const e = await import("./e.ts");
// import { x } from "./commented.ts";
/** import("./documented.ts") */
`;
  assert.deepEqual(imports(source).sort(), [
    "./a.ts",
    "./b.ts",
    "./c.ts",
    "./d.ts",
    "./e.ts",
  ]);
});

function folderTop(folder: string): string {
  return folder.split("/")[0]!;
}
