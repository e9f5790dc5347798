/**
 * The string formats that kube-apiserver checks. A format that is not here is not checked, as there.
 *
 * @module
 */
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

function isCidr(text: string): boolean {
  const cut = text.lastIndexOf("/");
  const bits = text.slice(cut + 1);
  if (cut < 0 || !/^(0|[1-9]\d*)$/.test(bits)) return false;
  const address = text.slice(0, cut);
  if (isIPv4(address)) return Number(bits) <= 32;
  return isIPv6(address) && Number(bits) <= 128;
}

const dateTime =
  /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})$/;

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && startsWithDay(text);
}

function isDateTime(text: string): boolean {
  return dateTime.test(text) && startsWithDay(text) &&
    number(text, 11, 13) < 24 && number(text, 14, 16) < 60 &&
    number(text, 17, 19) < 61;
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
const words =
  /^\s*\d+\s*(?:nano|ns|micro|us|µs|milli|ms|sec|s|min|m|hr|hour|h|day|d|week|w|wk)s?(?:ond|ute)?s?\s*$/;

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const host =
  /^(?:[a-zA-Z0-9_](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?)(?:\.[a-zA-Z0-9_](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?)*\.?$/;
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
    duration: (t) => t === "0" || duration.test(t) || words.test(t),
    email: (t) => /^[^\s@<>]+@[^\s@<>]+$/.test(t),
    hexcolor: (t) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(t),
    hostname: (t) => t.length <= 255 && host.test(t),
    ipv4: isIPv4,
    ipv6: isIPv6,
    "k8s-long-name": (t) =>
      t.length <= 253 &&
      t.split(".").every((l) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(l)),
    "k8s-short-name": (t) => label.test(t),
    mac: (t) =>
      /^(?:[0-9a-fA-F]{2}([:-]))(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}$/.test(
        t,
      ) || /^[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2}$/.test(t),
    password: () => true,
    rgbcolor: (t) =>
      /^rgb\(\s*(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*(?:,\s*(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*){2}\)$/
        .test(t),
    ssn: (t) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(t),
    uri: (t) => /^[A-Za-z][-+.A-Za-z0-9]*:\S*$/.test(t) || /^\/\S*$/.test(t),
    uuid: (t) => uuid(hex, hex).test(t),
    uuid3: (t) => uuid("3", hex).test(t),
    uuid4: (t) => uuid("4", "[89abAB]").test(t),
    uuid5: (t) => uuid("5", "[89abAB]").test(t),
  }),
);
