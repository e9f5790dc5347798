/**
 * The CEL functions of Kubernetes' named formats (`apiserver/pkg/cel/library/format.go`).
 *
 * @module
 */
import { type Environment, Optional } from "@marcbachmann/cel-js";
import {
  labelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from "../registry/names.ts";
import { formats } from "./formats.ts";

/** What `format` is in an expression: its functions are found by this type. */
class Formats {}

class NamedFormat {
  constructor(readonly problems: Problems) {}
}

const DNS1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const DNS1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

function dns1035Problems(name: string): string[] {
  return [
    ...(name.length > 63 ? ["must be no more than 63 bytes"] : []),
    ...(DNS1035.test(name) ? [] : [DNS1035_TEXT]),
  ];
}

type Problems = (text: string) => string[];

/** The check of a DNS name, which counts characters here, and bytes in the metadata of objects. */
function dns(problems: Problems): Problems {
  return (name) =>
    problems(name).map((text) => text.replace(/bytes$/, "characters"));
}

/** The check of the beginning of a DNS name, which generated characters follow. */
function dnsPrefix(problems: Problems): Problems {
  const whole = dns(problems);
  return (name) =>
    whole(
      name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name,
    );
}

function known(name: string, message: string): Problems {
  const fits = formats.get(name)!;
  return (text) => fits(text) ? [] : [message];
}

/** Base64 of at least one byte. */
const base64 = known("byte", "invalid base64");

function uriProblems(text: string): string[] {
  if (formats.get("uri")!(text)) return [];
  const why = text === ""
    ? "empty url"
    // deno-lint-ignore no-control-regex
    : /[\x00-\x1f\x7f]/.test(text)
    ? "net/url: invalid control character in URL"
    : "invalid URI for request";
  return [`parse ${JSON.stringify(text)}: ${why}`];
}

const named: Record<string, Problems> = {
  byte: (text) => text === "" ? ["invalid base64"] : base64(text),
  date: known("date", "invalid date"),
  datetime: known("datetime", "invalid datetime"),
  dns1035Label: dns(dns1035Problems),
  dns1035LabelPrefix: dnsPrefix(dns1035Problems),
  dns1123Label: dns(labelProblems),
  dns1123LabelPrefix: dnsPrefix(labelProblems),
  dns1123Subdomain: dns(subdomainProblems),
  dns1123SubdomainPrefix: dnsPrefix(subdomainProblems),
  labelValue: labelValueProblems,
  qualifiedName: qualifiedNameProblems,
  uri: uriProblems,
  uuid: known("uuid", "does not match the UUID format"),
};

/** Adds `format`, with a function for each format and `named`, and what formats can be asked. */
export function addFormats(env: Environment): void {
  env.registerType("kubernetes.Formats", Formats);
  env.registerType("kubernetes.NamedFormat", NamedFormat);
  env.registerConstant("format", "kubernetes.Formats", new Formats());
  const all = new Map(
    Object.entries(named).map((
      [name, problems],
    ) => [name, new NamedFormat(problems)]),
  );
  for (const [name, format] of all) {
    env.registerFunction(
      `kubernetes.Formats.${name}(): kubernetes.NamedFormat`,
      () => format,
    );
  }
  env.registerFunction(
    "kubernetes.Formats.named(string): optional<kubernetes.NamedFormat>",
    (_: Formats, name: string) => optional(all.get(name)),
  );
  env.registerFunction(
    "kubernetes.NamedFormat.validate(string): optional<list<string>>",
    (format: NamedFormat, text: string) => {
      const problems = format.problems(text);
      return optional(problems.length > 0 ? problems : undefined);
    },
  );
}

function optional(value: unknown): Optional {
  return value === undefined ? Optional.none() : Optional.of(value);
}
