import { LAYOUT_VERSION } from "../storage/migrations.ts";
import { FORMAT, type Header } from "./format.ts";

/** The first line of a backup that is made now. */
export function headerOf(
  about: Omit<Header, "backup" | "created" | "layout">,
  now: Date,
): Header {
  return {
    backup: FORMAT,
    created: now.toISOString(),
    layout: LAYOUT_VERSION,
    ...about,
  };
}
