import { badRequest } from "../errors.ts";

/** One term of a field selector. */
export interface FieldTerm {
  field: string;
  not: boolean;
  value: string;
}

/**
 * Reads a field selector: `metadata.name=a,status.phase!=Active`; a backslash escapes `,`, `=` and itself.
 *
 * @throws 400 where it does not parse.
 */
export function fieldSelector(text: string | null): FieldTerm[] {
  if (!text?.trim()) return [];
  return text.split(/(?<!\\),/).map((term) => {
    const match = /^([^=!\\]+)(!=|==|=)(.*)$/s.exec(term.trim());
    if (!match) {
      throw badRequest(
        `invalid selector: '${text}'; can't understand '${term}'`,
      );
    }
    const [, field = "", operator, value = ""] = match;
    return {
      field: field.trim(),
      not: operator === "!=",
      value: unescaped(value),
    };
  });
}

function unescaped(value: string): string {
  return value.replace(/\\(.?)|[=,]/gsu, (found, escaped?: string) => {
    if (escaped === undefined) {
      const code = found.codePointAt(0);
      throw badRequest(
        `invalid field selector: unescaped character in value: ${code}`,
      );
    }
    if (!["\\", ",", "="].includes(escaped)) {
      throw badRequest(
        `invalid field selector: invalid escape sequence: ${found}`,
      );
    }
    return escaped;
  });
}
