import { isObject } from "./is_object.ts";
import { didYouMean } from "./nearest.ts";
import type { ParsedDocument } from "./parse_file.ts";
import { Sensitive } from "./sensitive.ts";
import type { Variable, Variables } from "./variables.ts";

/** Annotation of an object in which `${…}` is text. */
const OPT_OUT = "faros.sh/substitute";

/** Names of what holds programs, in which `${…}` has a meaning of its own. */
const SCRIPT =
  /\.(m|c)?[jt]sx?$|\.wasm$|\.(sh|bash|zsh|fish|ps1|py|rb|pl|lua)$/;

/** `$${` is a `${` that stays; `${` begins a variable, or is a slip. */
const USE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

/** Something wrong with the use of a variable. */
export interface SubstitutionProblem {
  path: PropertyKey[];
  message: string;
}

/** Whether there is anything to replace in a text. */
export function usesVariables(text: string): boolean {
  return text.includes("${");
}

/**
 * Replaces `${name}` in the texts of an object: never in names of fields,
 * apiVersion, kind or comments, and only after it was parsed, so that no value
 * can bring structure in.
 *
 * A text without quotes that is a variable and nothing else becomes a number,
 * true or false where the value is written like one (`port: ${port}`); in
 * quotes, or with anything beside it, it stays a text.
 *
 * Left alone are Plugins (they are signed), programs (keys of ConfigMaps and
 * Secrets that end as a script's name does, and values that begin with `#!`),
 * what was encrypted, and objects annotated `faros.sh/substitute: disabled`.
 *
 * @returns The document itself where nothing is to be replaced
 */
export function substitute(
  document: ParsedDocument,
  variables: Variables | Error,
): { document: ParsedDocument; problems: SubstitutionProblem[] } {
  const problems: SubstitutionProblem[] = [];
  const { value: object } = document;
  if (!isObject(object) || isLeftAlone(object)) return { document, problems };
  let replaced = false;
  const sensitive = document.sensitive ?? new Sensitive();
  const added: [PropertyKey[], Variable][] = [];
  const value = walk(object, []);
  if (!replaced) return { document, problems };
  for (const [path, variable] of added) sensitive.add(path, variable.value);
  return {
    document: {
      ...document,
      value,
      ...(sensitive.size ? { sensitive } : {}),
    },
    problems,
  };

  function walk(node: unknown, path: PropertyKey[]): unknown {
    if (typeof node === "string") return replace(node, path);
    if (Array.isArray(node)) {
      return node.map((item, i) => walk(item, [...path, i]));
    }
    if (!isObject(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, item]) => {
        const below = [...path, key];
        return [key, isSkipped(below, item) ? item : walk(item, below)];
      }),
    );
  }

  function isSkipped(path: PropertyKey[], item: unknown): boolean {
    if (path.length === 1 && (path[0] === "apiVersion" || path[0] === "kind")) {
      return true;
    }
    if (typeof item !== "string") return false;
    if (document.sensitive?.covers(path)) return true;
    return /^(data|stringData|binaryData)$/.test(String(path[0])) &&
      (SCRIPT.test(String(path[1])) || item.startsWith("#!"));
  }

  function replace(text: string, path: PropertyKey[]): unknown {
    if (!usesVariables(text)) return text;
    const report = (message: string) => problems.push({ path, message });
    if (variables instanceof Error) {
      report(variables.message);
      return text;
    }
    if (isYamlText(path)) {
      report(
        "found ${…} in a config that is a text of YAML; write the config as an object (remove the `|`), where values can be put in",
      );
      return text;
    }
    const names: string[] = [];
    const result = text.replace(USE, (use, name?: string) => {
      if (use === "$${") return "${";
      if (name === undefined) {
        report(
          `found ${
            JSON.stringify(text.slice(text.indexOf(use)).slice(0, 30))
          }, expected a variable such as \${site}; write $\${ where \${ is meant`,
        );
        return use;
      }
      const variable = variables.values.get(name);
      if (!variable) {
        const known = [...variables.values.keys()];
        report(
          `found \${${name}}, which is no variable of the Repository${
            didYouMean(name, known) || (known.length
              ? `; there are ${known.sort().join(", ")}`
              : "; there are none")
          } (spec.substitute); write $\${${name}} where the text is meant`,
        );
        return use;
      }
      if (variable.secret) {
        if (path[0] === "metadata") {
          report(
            `found \${${name}}, a value of ${variable.from}; everybody sees metadata`,
          );
          return use;
        }
        added.push([path, variable]);
      }
      names.push(name);
      return variable.value;
    });
    replaced = true;
    const isAlone = text === `\${${names[0]}}` && document.isPlain(path);
    return isAlone ? typed(result) : result;
  }
}

/** A number, true or false where a value is written like one. */
function typed(value: string): string | number | boolean {
  if (value === "true" || value === "false") return value === "true";
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return value;
  const number = Number(value);
  const isExact = /[.eE]/.test(value)
    ? Number.isFinite(number)
    : Number.isSafeInteger(number);
  return isExact ? number : value;
}

function isLeftAlone(object: Record<string, unknown>): boolean {
  const { apiVersion, kind, metadata } = object;
  if (kind === "Plugin" && String(apiVersion).startsWith("plugins.faros.sh/")) {
    return true;
  }
  const annotations = isObject(metadata) ? metadata.annotations : undefined;
  return isObject(annotations) && annotations[OPT_OUT] === "disabled";
}

/** Whether a text is parsed once more, by the hub: `config: |`. */
function isYamlText(path: PropertyKey[]): boolean {
  return path.at(-1) === "config" && path[0] === "spec";
}
