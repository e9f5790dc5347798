import { goType, goValue } from "../schema/go_value.ts";
import type { Json } from "../types.ts";
import type { MergeType } from "./merge_type.ts";
import { fieldElement, showElement } from "./path_element.ts";
import { isObject } from "../is_object.ts";
import { fieldType, itemElement, resolve } from "./resolve.ts";

/** One problem, such as `.spec.foo: field not declared in schema`. */
type Problems = string[];

/** What keeps `value` from being merged as `type`: undeclared fields, wrong forms, duplicate keys. */
export function checkType(value: Json, type: MergeType): Problems {
  const walk: Walk = { path: [], out: [] };
  visit(value, type, walk);
  return walk.out;
}

/** Where a walk is, by elements and indices; most has no problem, and a path is written for one only. */
interface Walk {
  path: (string | number)[];
  out: Problems;
}

function show(path: Walk["path"]): string {
  return path.map((part) =>
    typeof part === "number" ? `[${part}]` : showElement(part)
  ).join("");
}

function visit(value: Json, type: MergeType, walk: Walk): void {
  if (value === null) return;
  const { path, out } = walk;
  const fail = (text: string) =>
    out.push(path.length > 0 ? `${show(path)}: ${text}` : text);
  const as = resolve(type, value);
  if (as.kind === "scalar") {
    const expected = type.scalar;
    if (expected === "numeric" && typeof value !== "number") {
      fail(`expected numeric (int or float), got ${goType(value)}`);
    } else if (expected === "string" && typeof value !== "string") {
      fail(
        `expected string, got &value.valueUnstructured{Value:${
          goValue(value)
        }}`,
      );
    } else if (expected === "boolean" && typeof value !== "boolean") {
      fail(`expected boolean, got &{${goValue(value)}}`);
    }
    return;
  }
  if (as.kind === "map") {
    if (!isObject(value)) {
      return void fail(`expected map, got &{${goValue(value)}}`);
    }
    for (const key in value) {
      const sub = value[key];
      if (sub === undefined) continue;
      const subType = fieldType(as, key);
      path.push(fieldElement(key));
      if (subType) visit(sub, subType, walk);
      else fail("field not declared in schema");
      path.pop();
      if (!subType) return;
    }
    return;
  }
  if (!Array.isArray(value)) {
    return void fail(`expected list, got &{${goValue(value)}}`);
  }
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    let at: string | number = i;
    if (!as.atomic) {
      try {
        const element = itemElement(as, item);
        at = element;
        if (seen.has(element)) {
          fail(`duplicate entries for key ${showElement(element)}`);
        }
        seen.add(element);
      } catch (error) {
        fail(`element ${i}: ${(error as Error).message}`);
        return;
      }
    }
    path.push(at);
    visit(item, as.item, walk);
    path.pop();
  }
}
