import type { Column } from "../../types.ts";
import type { ColumnContext } from "../define.ts";

/** Printer columns by kind, as kube-apiserver has them. */
export function columns(_context: ColumnContext): Record<string, Column[]> {
  return {};
}
