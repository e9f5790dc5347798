/**
 * The protobuf form of built-in kinds, with random content, and broken now and then.
 *
 * @module
 */
import messages from "../../../apiserver/request/protobuf/messages.json" with {
  type: "json",
};
import type { Choices } from "./choices.ts";
import { oddString } from "./values.ts";

type Field = [name: string, type: string, flags: string];
const MESSAGES = messages as unknown as Record<string, Record<string, Field>>;
const encoder = new TextEncoder();

function varint(value: number | bigint): number[] {
  let left = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  do {
    out.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return out;
}

function lengthDelimited(field: number, bytes: number[]): number[] {
  return [...varint(field << 3 | 2), ...varint(bytes.length), ...bytes];
}

function text(value: string): number[] {
  return [...encoder.encode(value)];
}

function fieldBytes(r: Choices, type: string, depth: number): number[] {
  switch (type) {
    case "string":
      return text(r.maybe(.8) ? r.pick(["a", "f1", "default"]) : oddString(r));
    case "bytes":
      return r.times(r.below(9), () => r.below(256));
    case "raw":
      return lengthDelimited(
        1,
        text(r.pick(['{"a":1}', "1", "{", "", "[[]]"])),
      );
    case "list":
    case "Quantity":
      return lengthDelimited(1, text(r.pick(["1", "1Gi", "x", ""])));
    case "Time":
    case "MicroTime":
    case "Duration":
    case "IntOrString":
      return [
        ...varint(1 << 3),
        ...varint(r.pick([0, 1, 1_700_000_000, 2 ** 40, 2 ** 62, -1])),
      ];
    default:
      return depth > 0 ? message(r, type, depth - 1) : [];
  }
}

function message(r: Choices, name: string, depth: number): number[] {
  const parts: number[][] = [];
  // Schemas hold schemas: what is made at each level must not multiply.
  const wanted = depth > 3 ? .6 : .3;
  for (
    const [number, [, type, flags]] of Object.entries(MESSAGES[name] ?? {})
  ) {
    if (!r.maybe(wanted)) continue;
    const field = Number(number);
    for (let i = flags.includes("r") ? r.below(3) : 1; i > 0; i--) {
      // Now and then in a wire type that it should not have.
      if ((type === "int" || type === "bool") !== r.maybe(.02)) {
        parts.push(varint(field << 3), varint(r.pick([0, 1, 7, 2 ** 40, -1])));
      } else if (type === "double") {
        parts.push(varint(field << 3 | 1), r.times(8, () => r.below(256)));
      } else if (flags.includes("m")) {
        parts.push(lengthDelimited(field, [
          ...lengthDelimited(1, text(r.maybe(.9) ? "k" : oddString(r))),
          ...lengthDelimited(2, fieldBytes(r, type, depth)),
        ]));
      } else parts.push(lengthDelimited(field, fieldBytes(r, type, depth)));
    }
  }
  return parts.flat();
}

/** The bytes of an object of a kind; of any other where the kind has no such form. */
export function protobufFor(
  r: Choices,
  { group, version, kind }: { group: string; version: string; kind: string },
): Uint8Array {
  const own = `${group.split(".")[0] || "core"}/${version}.${kind}`;
  const name = Object.hasOwn(MESSAGES, own)
    ? own
    : r.pick(Object.keys(MESSAGES));
  const apiVersion = group ? `${group}/${version}` : version;
  const bytes = Uint8Array.from([
    0x6b,
    0x38,
    0x73,
    0,
    ...lengthDelimited(1, [
      ...lengthDelimited(1, text(apiVersion)),
      ...lengthDelimited(2, text(kind)),
    ]),
    ...lengthDelimited(2, message(r, name, 5)),
  ]);
  if (r.maybe(.4)) {
    for (let i = 1 + r.below(4); i > 0; i--) {
      bytes[r.below(bytes.length)] = r.below(256);
    }
  }
  return r.maybe(.1) ? bytes.subarray(0, r.below(bytes.length)) : bytes;
}
