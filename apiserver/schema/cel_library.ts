/**
 * The CEL functions that Kubernetes adds to the language: strings, lists, sets, regular expressions, URLs, IP
 * addresses, CIDRs, quantities, versions and named formats (https://kubernetes.io/docs/reference/using-api/cel/).
 *
 * @module
 */
import { Environment } from "@marcbachmann/cel-js";
import { MATCHES } from "./cel_matches.ts";
import { CHARGE, charge } from "./cel_meter.ts";
import { addLists } from "./cel_lists.ts";
import { addFormats } from "./cel_formats.ts";
import { addSemver } from "./cel_semver.ts";
import { addSets } from "./cel_sets.ts";
import { addMacros } from "./cel_macros.ts";
import { isIPv4, isIPv6 } from "./formats.ts";
import { goRegExp } from "./go_regexp.ts";
import { Quantity } from "./quantity.ts";

/** What `strings` is in an expression: its functions are found by this type. */
class Strings {}

class Address {
  constructor(readonly text: string) {}
}
class Network {
  constructor(readonly text: string) {}
}

/** 128 bits of an address, IPv4 as its last 32; throws where `text` is none. */
function bits(text: string): { family: 4 | 6; value: bigint } {
  if (isIPv4(text)) {
    const value = text.split(".").reduce((n, p) => n * 256n + BigInt(p), 0n);
    return { family: 4, value };
  }
  if (!isIPv6(text)) throw new Error(`IP Address ${text} parse error`);
  const host = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = "", tail] = host.split("::");
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  const parts = [...left, ...Array(gap).fill("0"), ...right];
  return {
    family: 6,
    value: parts.reduce((n, p) => n * 65536n + BigInt(`0x${p}`), 0n),
  };
}

function network(text: string) {
  const [address = "", length = ""] = text.split("/");
  const { family, value } = bits(address);
  const width = family === 4 ? 32 : 128;
  if (!/^\d+$/.test(length) || Number(length) > width) {
    throw new Error(`network address parse error: ${text}`);
  }
  const shift = BigInt(width - Number(length));
  return { family, address, length: BigInt(length), value, shift };
}

function contains(outer: string, inner: string): boolean {
  const net = network(outer);
  const nested = inner.includes("/") ? network(inner) : undefined;
  const other = nested ?? bits(inner);
  if (net.family !== other.family) return false;
  if (nested && nested.length < net.length) return false;
  return net.value >> net.shift === other.value >> net.shift;
}

function possible(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

// deno-lint-ignore no-explicit-any
type Value = any;

function format(pattern: string, values: Value[]): string {
  let next = 0;
  return pattern.replace(
    /%(?:%|(?:\.(\d+))?([sdfebxXo]))/g,
    (whole, digits: string | undefined, verb: string | undefined) => {
      if (whole === "%%" || !verb) return "%";
      if (next >= values.length) throw new Error("index out of bounds");
      const value = values[next++];
      switch (verb) {
        case "f":
          return Number(value).toFixed(Number(digits ?? 6));
        case "e":
          return Number(value).toExponential(Number(digits ?? 6));
        case "b":
          return Number(value).toString(2);
        case "o":
          return value.toString(8);
        case "x":
        case "X": {
          const text = typeof value === "string"
            ? [...new TextEncoder().encode(value)].map((b) =>
              b.toString(16).padStart(2, "0")
            ).join("")
            : value.toString(16);
          return verb === "x" ? text : text.toUpperCase();
        }
        default:
          return show(value);
      }
    },
  );
}

function show(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Date) return value.toISOString().replace(".000Z", "Z");
  if (value && typeof value === "object") {
    const parts = Object.entries(value).map(([k, v]) => `${k}: ${show(v)}`);
    return `{${parts.sort().join(", ")}}`;
  }
  return String(value);
}

/** What differs between environments. */
interface EnvironmentOptions {
  /** `oldSelf` is an optional. Default: false. */
  optionalOldSelf?: boolean;
  /** `self` is known to be a string. Default: false. */
  text?: boolean;
}

const environments = new Map<string, Environment>();

/** The environment with the variables `self` and `oldSelf` and Kubernetes' functions; it is shared. */
export function kubernetesEnvironment(
  { optionalOldSelf = false, text = false }: EnvironmentOptions = {},
): Environment {
  const key = `${optionalOldSelf} ${text}`;
  let env = environments.get(key);
  if (!env) environments.set(key, env = create({ optionalOldSelf, text }));
  return env;
}

function create(
  { optionalOldSelf, text }: Required<EnvironmentOptions>,
): Environment {
  const env = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
  });
  const type = text ? "string" : "dyn";
  env.registerVariable("self", type);
  env.registerVariable("oldSelf", optionalOldSelf ? `optional<${type}>` : type);
  const add = (signature: string, handler: (...args: Value[]) => Value) => {
    env.registerFunction(signature, handler);
  };
  add(`${CHARGE}(int, A): A`, charge);
  env.registerType("kubernetes.Strings", Strings);
  env.registerConstant("strings", "kubernetes.Strings", new Strings());
  strings(add);
  env.registerType("net.IP", Address);
  env.registerType("net.CIDR", Network);
  env.registerType("net.URL", URL);
  env.registerType("kubernetes.Quantity", Quantity);
  networks(add);
  quantities(add);
  addLists(env);
  addSets(env);
  addFormats(env);
  addMacros(env);
  addSemver(env);
  return env;
}

type Add = (signature: string, handler: (...args: Value[]) => Value) => void;

/** A text as CEL writes it between quotes. */
function quoted(text: string): string {
  const escaped = text.replace(
    // deno-lint-ignore no-control-regex
    /[\x07\b\f\n\r\t\v\\"]/g,
    (c) => ESCAPES[c]!,
  );
  return `"${escaped}"`;
}

const ESCAPES: Record<string, string> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

function strings(add: Add) {
  add("string.charAt(int): string", (t: string, i: bigint) => {
    if (i < 0n || i > BigInt(t.length)) {
      throw new Error(`index out of range: ${i}`);
    }
    return [...t][Number(i)] ?? "";
  });
  add(
    "string.replace(string, string): string",
    (t, from, to) => t.replaceAll(from, () => to),
  );
  add("string.replace(string, string, int): string", (t, from, to, count) => {
    if (count < 0n) return t.replaceAll(from, () => to);
    for (let i = 0n, at = 0; i < count; i++) {
      const found = t.indexOf(from, at);
      if (found < 0) break;
      t = t.slice(0, found) + to + t.slice(found + from.length);
      at = found + to.length;
    }
    return t;
  });
  add("string.format(list): string", format);
  add(`string.${MATCHES}(string): bool`, (t, p) => goRegExp(p).test(t));
  add("string.find(string): string", (t, p) => goRegExp(p).exec(t)?.[0] ?? "");
  add("kubernetes.Strings.quote(string): string", (_, t) => quoted(t));
  const all = (t: string, pattern: string, limit: number) =>
    [...goRegExp(pattern).matchAll(t)].slice(0, limit).map((m) => m[0]);
  add("string.findAll(string): list<string>", (t, p) => all(t, p, Infinity));
  add(
    "string.findAll(string, int): list<string>",
    (t, p, n) => all(t, p, n < 0n ? Infinity : Number(n)),
  );
}

function networks(add: Add) {
  add("isIP(string): bool", (t) => isIPv4(t) || isIPv6(t));
  add("ip(string): net.IP", (t) => {
    bits(t);
    return new Address(t);
  });
  add("net.IP.family(): int", (a) => BigInt(bits(a.text).family));
  add("string(net.IP): string", (a) => a.text);
  add(
    "net.IP.isLoopback(): bool",
    ({ text }) =>
      isIPv4(text) ? text.startsWith("127.") : bits(text).value === 1n,
  );
  add("net.IP.isUnspecified(): bool", ({ text }) => bits(text).value === 0n);
  add("isCIDR(string): bool", (t) => possible(() => network(t)));
  add("cidr(string): net.CIDR", (t) => {
    network(t);
    return new Network(t);
  });
  add("string(net.CIDR): string", (c) => c.text);
  add("net.CIDR.ip(): net.IP", (c) => new Address(network(c.text).address));
  add("net.CIDR.prefixLength(): int", (c) => network(c.text).length);
  add("net.CIDR.containsIP(string): bool", (c, ip) => contains(c.text, ip));
  add(
    "net.CIDR.containsIP(net.IP): bool",
    (c, ip) => contains(c.text, ip.text),
  );
  add(
    "net.CIDR.containsCIDR(string): bool",
    (c, other) => contains(c.text, other),
  );
  add(
    "net.CIDR.containsCIDR(net.CIDR): bool",
    (c, other) => contains(c.text, other.text),
  );
  add("isURL(string): bool", (t) => URL.canParse(t));
  add("url(string): net.URL", (t) => new URL(t));
  add("net.URL.getScheme(): string", (u) => u.protocol.slice(0, -1));
  add("net.URL.getHost(): string", (u) => u.host);
  add("net.URL.getHostname(): string", (u) => u.hostname);
  add("net.URL.getPort(): string", (u) => u.port);
  add("net.URL.getEscapedPath(): string", (u) => u.pathname);
  add("net.URL.getQuery(): map<string, list<string>>", (u) => {
    const query: Record<string, string[]> = {};
    for (const [k, v] of u.searchParams) (query[k] ??= []).push(v);
    return query;
  });
}

function quantities(add: Add) {
  add("isQuantity(string): bool", (t) => possible(() => Quantity.parse(t)));
  add("quantity(string): kubernetes.Quantity", (t) => Quantity.parse(t));
  const order = (a: Quantity, b: Quantity) => a.compareTo(b);
  add(
    "kubernetes.Quantity.compareTo(kubernetes.Quantity): int",
    (a, b) => BigInt(order(a, b)),
  );
  add(
    "kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool",
    (a, b) => order(a, b) < 0,
  );
  add(
    "kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool",
    (a, b) => order(a, b) > 0,
  );
  add("kubernetes.Quantity.sign(): int", (q) => BigInt(q.sign()));
  add("kubernetes.Quantity.isInteger(): bool", (q) => q.isInteger());
  add("kubernetes.Quantity.asInteger(): int", (q) => q.asInteger());
  add("kubernetes.Quantity.asApproximateFloat(): double", (q) => q.asNumber());
}
