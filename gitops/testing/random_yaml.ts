import fc from "fast-check";

/** Picks a number below `n`. */
type Pick = (n: number) => number;

/** Pieces of texts: such as mean something to YAML, and others. */
const PIECES = "a B 0 7 - : # ' \" \\ é 😀 { } [ ] , & * ! | > % @ ` ~ null " +
  "True 0x1F 0o7 1e3 -0 .5 12 _ $ ${site} = << ? \u00a0 \u2028 \u0085 / x.y";

const text = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("a", "b", "word", " ") },
    { weight: 1, arbitrary: fc.constantFrom(...PIECES.split(" ")) },
    { weight: 1, arbitrary: fc.constantFrom("  ", "\n", "\n\n", ": ", " #") },
  ),
  { maxLength: 6 },
).map((pieces) => pieces.join(""));

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b", "spec", "name", "x-y") },
  { weight: 1, arbitrary: text },
);

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    text,
    fc.constantFrom(null, true, false, 0, 1, 42, 1.5, -7),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4 }),
  ),
}));

const object = fc.dictionary(name, value, { minKeys: 1, maxKeys: 5 });

/**
 * Texts of YAML, of one or several objects, in all styles that there are, most
 * of them valid.
 */
export const randomYaml: fc.Arbitrary<string> = fc.tuple(
  fc.array(object, { minLength: 1, maxLength: 3 }),
  fc.infiniteStream(fc.nat(0xffff)),
).map(([objects, numbers]) =>
  printAll(objects, (n) => numbers.next().value % n)
);

/** Changes a text here and there, so that it may be no YAML any more. */
export function mutated(texts: string[]): fc.Arbitrary<string> {
  const change = fc.tuple(
    fc.nat(3),
    fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    fc.oneof(
      fc.constantFrom(...PIECES.split(" ")),
      fc.constantFrom("\n", "\t", " ", "  ", "- ", ": ", "? ", "---\n", "\r"),
    ),
  );
  return fc.tuple(
    fc.constantFrom(...texts),
    fc.array(change, { minLength: 1, maxLength: 3 }),
  ).map(([text, changes]) =>
    changes.reduce((now, [how, where, piece]) => {
      const at = Math.floor(where * now.length);
      if (how === 0) return now.slice(0, at) + piece + now.slice(at);
      if (how === 1) return now.slice(0, at) + now.slice(at + piece.length);
      const lines = now.split("\n");
      const line = Math.floor(where * lines.length);
      if (how === 2) lines[line] = " ".repeat(piece.length) + lines[line];
      else lines.splice(line, 1);
      return lines.join("\n");
    }, text)
  );
}

interface At {
  indent: number;
  pick: Pick;
  /** Whether texts are written without looking whether they can be, so. */
  wild: boolean;
}

function printAll(objects: unknown[], pick: Pick): string {
  const wild = pick(4) === 0;
  let all = objects.map((object, i) => {
    const start = i || pick(4) === 0 ? "---\n" : pick(4) ? "" : "# first\n\n";
    const body = block(object, { indent: 0, pick, wild }).replace(/^ *\n?/, "");
    return `${start}${body}\n${pick(6) ? "" : "...\n"}`;
  }).join("");
  if (pick(20) === 0) all = all.replaceAll("\n", "\r\n");
  return pick(5) ? all : all.trimEnd();
}

/** What follows a `:` or a `-`. */
function block(node: unknown, at: At): string {
  const { indent, pick } = at;
  const inner = { ...at, indent: indent + 1 + pick(4) };
  if (typeof node !== "object" || node === null) {
    return ` ${scalar(node, inner)}`;
  }
  const entries = Object.entries(node);
  if (entries.length === 0 || pick(4) === 0) return ` ${flow(node, inner)}`;
  const pad = " ".repeat(indent);
  const lines = entries.map(([key, item]) => {
    if (!Array.isArray(node)) {
      const isList = Array.isArray(item) && item.length > 0 && pick(2) === 0;
      return `${pad}${keyOf(key, at)}:${block(item, isList ? at : inner)}`;
    }
    const below = block(item, inner);
    const isCompact = below.startsWith("\n") && pick(3);
    const gap = " ".repeat(inner.indent - indent - 1);
    return `${pad}-${isCompact ? gap + below.slice(inner.indent + 1) : below}`;
  });
  const comments = lines.map((line) =>
    pick(8) ? line : `${pad}# why\n\n${line}`
  );
  return `\n${comments.join("\n")}`;
}

function flow(node: unknown, at: At): string {
  const { indent, pick } = at;
  if (typeof node !== "object" || node === null) return scalar(node, at, true);
  const gap = () =>
    pick(6) ? " ".repeat(pick(2)) : `\n${" ".repeat(indent + pick(3))}`;
  const [open, close] = Array.isArray(node) ? "[]" : "{}";
  const items = Object.entries(node).map(([key, item]) =>
    Array.isArray(node)
      ? flow(item, at)
      : `${keyOf(key, at)}:${pick(9) ? " " : ""}${flow(item, at)}`
  );
  if (!items.length) return open! + gap() + close;
  const last = pick(6) ? "" : ",";
  return `${open}${gap()}${items.join(`,${gap()}`)}${last}${gap()}${close}`;
}

function keyOf(key: string, { pick }: At): string {
  if (/^[\w-]+$/.test(key) && pick(6)) return key;
  return pick(3) || key.includes("\n")
    ? JSON.stringify(key)
    : `'${key.replaceAll("'", "''")}'`;
}

function scalar(node: unknown, at: At, inFlow = false): string {
  const { indent, pick, wild } = at;
  if (typeof node !== "string") {
    return node === null && pick(2) ? "" : `${node}`;
  }
  const pad = `\n${" ".repeat(indent)}`;
  const quoted = JSON.stringify(node);
  switch (pick(inFlow ? 3 : 5)) {
    case 0:
      return pick(5) ? quoted : quoted.replaceAll(" a", `${pad}a`);
    case 1:
      return `'${node.replaceAll("'", "''").replaceAll("\n", `\n${pad}`)}'`;
    case 2:
      return wild || /^[\w.$/][\w .$/-]*$/.test(node)
        ? node.replaceAll("\n", pad)
        : quoted;
    default: {
      if (!wild && /^\s|^$/.test(node)) return quoted;
      const style = "|>"[pick(2)] + ["", "-", "+", wild ? "1" : ""][pick(4)]!;
      return style + pad + node.replaceAll("\n", pad);
    }
  }
}
