import { badRequest } from "../errors.ts";

/** Decides on a set of labels (or fields). */
export type Matcher = (values: Record<string, string>) => boolean;

const TERM =
  /^\s*(?:(!)\s*([^\s=!,()<>]+)|([^\s=!,()<>]+)\s*(?:(==|=|!=)\s*([^\s,()=!<>]*)|(>|<)\s*(-?\d+)|(?:\s(in|notin)\s*\(([^()]*)\)))?)\s*(?:,|$)/;

const KEY =
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Reads a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.
 *
 * @returns undefined where it is empty and so selects everything.
 * @throws 400 where it does not parse.
 */
export function labelSelector(text: string | null): Matcher | undefined {
  if (!text?.trim()) return undefined;
  const matchers: Matcher[] = [];
  let rest = text;
  while (rest.trim() !== "") {
    const match = TERM.exec(rest);
    if (!match) {
      throw badRequest(
        `unable to parse requirement: found '${rest.trim()}' in the label selector "${text}"`,
      );
    }
    rest = rest.slice(match[0].length);
    if (match[0].endsWith(",") && rest.trim() === "") {
      throw badRequest(
        `found '', expected: identifier after ',' in the label selector "${text}"`,
      );
    }
    matchers.push(requirement(match));
  }
  return (labels) => matchers.every((matches) => matches(labels));
}

function requirement(match: RegExpExecArray): Matcher {
  const [, not, absent, key = "", equals, value, order, number, set, list] =
    match;
  checkKey(absent ?? key);
  if (not) return (labels) => labels[absent!] === undefined;
  if (equals) {
    checkValue(key, value!);
    return equals === "!="
      ? (labels) => labels[key] !== value
      : (labels) => labels[key] === value;
  }
  if (order) {
    const limit = Number(number);
    return (labels) => {
      const found = labels[key];
      if (found === undefined || !/^-?\d+$/.test(found)) return false;
      return order === ">" ? Number(found) > limit : Number(found) < limit;
    };
  }
  if (set) {
    const values = new Set(list!.split(",").map((v) => v.trim()));
    for (const each of values) checkValue(key, each);
    return set === "in"
      ? (labels) => labels[key] !== undefined && values.has(labels[key])
      : (labels) => labels[key] === undefined || !values.has(labels[key]);
  }
  return (labels) => labels[key] !== undefined;
}

function checkKey(key: string) {
  if (KEY.test(key)) return;
  throw badRequest(
    `unable to parse requirement: <nil>: Invalid value: "${key}": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  );
}

function checkValue(key: string, value: string) {
  if (VALUE.test(value)) return;
  throw badRequest(
    `unable to parse requirement: values[0][${key}]: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  );
}
