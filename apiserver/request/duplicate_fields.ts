/**
 * Finds keys that stand twice in one object of a JSON text, which must be valid. Each is reported once, as
 * `duplicate field "spec.a"`.
 */
export function duplicateFields(json: string): string[] {
  const out = new Set<string>();
  let at = 0;
  const space = () => {
    while (/\s/.test(json[at] ?? "")) at++;
  };
  const text = (): string => {
    const start = at++;
    while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
    return JSON.parse(json.slice(start, ++at));
  };
  const value = (path: string) => {
    space();
    switch (json[at]) {
      case "{":
        return object(path);
      case "[":
        return list(path);
      case '"':
        text();
        return;
    }
    while (at < json.length && !",]}".includes(json[at]!)) at++;
  };
  const object = (path: string) => {
    const seen = new Set<string>();
    at++;
    for (space(); json[at] !== "}"; space()) {
      if (json[at] === ",") {
        at++;
        space();
      }
      const key = text();
      const here = path ? `${path}.${key}` : key;
      if (seen.has(key)) out.add(`duplicate field "${here}"`);
      seen.add(key);
      space();
      at++; // the colon
      value(here);
    }
    at++;
  };
  const list = (path: string) => {
    at++;
    let i = 0;
    for (space(); json[at] !== "]"; space()) {
      if (json[at] === ",") at++;
      value(`${path}[${i++}]`);
    }
    at++;
  };
  value("");
  return [...out];
}
