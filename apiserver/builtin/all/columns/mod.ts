/**
 * Printer columns as kube-apiserver has them
 * (`pkg/printers/internalversion`), by kind.
 *
 * @module
 */
import type { Column } from "../../../types.ts";
import type { ColumnContext } from "../../define.ts";
import { clusterColumns } from "./cluster.ts";
import { controlColumns } from "./control.ts";
import { networkColumns } from "./network.ts";
import { storageColumns } from "./storage.ts";
import { workloadColumns } from "./workloads.ts";

/** The columns of kinds that have more than a name and a time. */
export function columns(context: ColumnContext): Record<string, Column[]> {
  return {
    ...clusterColumns(context),
    ...controlColumns(context),
    ...networkColumns(context),
    ...storageColumns(context),
    ...workloadColumns(context),
  };
}
