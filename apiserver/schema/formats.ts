/**
 * The string formats that kube-apiserver checks. A format that is not here is not checked, as there.
 *
 * @module
 */
import { isRequestUri } from "./request_uri.ts";

const ipv4 =
  /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

/** Whether `text` is an IPv4 address in its usual form. */
export function isIPv4(text: string): boolean {
  return ipv4.test(text);
}

/** Whether `text` is an IPv6 address. */
export function isIPv6(text: string): boolean {
  if (!text.includes(":") || /[^0-9a-fA-F:.]/.test(text)) return false;
  return URL.canParse(`http://[${text}]/`);
}

/** An IPv4 address as Go's older parser takes it, with zeros in front of its numbers. */
function isSloppyIPv4(text: string): boolean {
  return isIPv4(text.replace(/(^|\.)0+(?=\d)/g, "$1"));
}

function isCidr(text: string): boolean {
  const cut = text.lastIndexOf("/");
  const bits = text.slice(cut + 1);
  if (cut < 0 || !/^\d+$/.test(bits)) return false;
  const address = text.slice(0, cut);
  if (isSloppyIPv4(address)) return Number(bits) <= 32;
  return isIPv6(address) && Number(bits) <= 128;
}

const dateTime =
  /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && startsWithDay(text);
}

function isDateTime(text: string): boolean {
  return dateTime.test(text) && startsWithDay(text) &&
    number(text, 11, 13) < 24 && number(text, 14, 16) < 60 &&
    number(text, 17, 19) < 60;
}

/** Whether the day of a text that begins `YYYY-MM-DD` exists. */
function startsWithDay(text: string): boolean {
  const month = number(text, 5, 7);
  const day = number(text, 8, 10);
  if (month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  const last = new Date(0);
  // The day before the first of the next month.
  last.setUTCFullYear(number(text, 0, 4), month, 0);
  return day <= last.getUTCDate();
}

function number(text: string, start: number, end: number): number {
  return Number(text.slice(start, end));
}

const duration =
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*$/;
/** Whether some number in a text stands before a unit of time, whatever else is there: `P1D`, `1 day 2 hours`. */
function hasWords(text: string): boolean {
  // From the first digit of each number only: from the others, too, a long one would take its length squared.
  return [...text.matchAll(/(?<!\d)\d+\s*([A-Za-zµ]+)/g)].some(([, unit]) =>
    units.test(unit!.toLowerCase())
  );
}

const units =
  /^(?:ns|us|µs|ms|s|m|h|hr|d|w|wk|(?:nano|micro|milli|sec|min|hour|day|week).*)$/;

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
/** One label with at most one dash, after its first character; or several, the last of letters alone. */
const host =
  /^(?:[a-zA-Z0-9\p{S}\p{L}]-?[a-zA-Z0-9\p{S}\p{L}]{0,62}|(?:[a-zA-Z0-9\p{S}\p{L}](?:[-a-zA-Z0-9\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?\.)+[a-zA-Z\p{L}]{2,63})$/u;

function isHostname(text: string): boolean {
  return text.length <= 255 && host.test(text) &&
    text.split(".").every((part) => part.length <= 63);
}

/** Of 6, 8 or 20 bytes: in pairs, in groups of four, or without anything between. */
function isMac(text: string): boolean {
  const bytes = text.replace(/[:.-]/g, "").length / 2;
  return [6, 8, 20].includes(bytes) && (
    /^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2})*$/
      .test(text) ||
    /^[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+$/.test(text) ||
    /^[0-9a-fA-F]{12}$/.test(text)
  );
}

const atomic = "\\w!#$%&'*+/=?^`{|}~\\u0080-\\u{10ffff}-";
const quoted = '"(?:[^"\\\\\\r\\n]|\\\\.)*"';
const dotted = `[${atomic}]+(?:\\.[${atomic}]+)*`;
const address = `(?:${dotted}|${quoted})@(?:${dotted}|\\[[^\\s[\\]\\\\]*\\])`;
/** An address, also with a name before it (Go's net/mail). Each text is matched in one way only, so in linear time. */
const email = new RegExp(
  `^(?:${address}|(?:[${atomic} \\t.]|${quoted})*<${address}>)$`,
  "u",
);

const hex = "[0-9a-fA-F]";
const uuid = (version: string, variant: string) =>
  new RegExp(
    `^${hex}{8}-?${hex}{4}-?${version}${hex}{3}-?${variant}${hex}{3}-?${hex}{12}$`,
  );

/** Checks by name of the format. */
export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map(
  Object.entries<(text: string) => boolean>({
    byte: (t) =>
      /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(
        t.replace(/[\r\n]/g, ""),
      ),
    bsonobjectid: (t) => /^[0-9a-fA-F]{24}$/.test(t),
    cidr: isCidr,
    date: isDate,
    "date-time": isDateTime,
    datetime: isDateTime,
    duration: (t) => t === "0" || duration.test(t) || hasWords(t),
    email: (t) => email.test(t.trim()),
    hexcolor: (t) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(t),
    hostname: isHostname,
    // What is written with dots is one, also as a part of an IPv6 address.
    ipv4: (t) => isSloppyIPv4(t) || (t.includes(".") && isIPv6(t)),
    ipv6: isIPv6,
    "k8s-long-name": (t) =>
      t.length <= 253 &&
      t.split(".").every((l) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(l)),
    "k8s-short-name": (t) => label.test(t),
    mac: isMac,
    password: () => true,
    rgbcolor: (t) =>
      /^rgb\(\s*(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*(?:,\s*(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*){2}\)$/
        .test(t),
    ssn: (t) => /^\d{3}[- ]\d{2}[- ]\d{4}$/.test(t),
    uri: isRequestUri,
    uuid: (t) => uuid(hex, hex).test(t),
    uuid3: (t) => uuid("3", hex).test(t),
    uuid4: (t) => uuid("4", "[89abAB]").test(t),
    uuid5: (t) => uuid("5", "[89abAB]").test(t),
  }),
);
