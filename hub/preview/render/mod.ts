/**
 * A preview in each of the forms that it is asked for.
 *
 * @module
 */
import type { Preview } from "../preview_result.ts";
import { renderJson } from "./json.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderSarif } from "./sarif.ts";
import { renderText } from "./text.ts";

/** What is needed besides the preview. */
export interface RenderOptions {
  /** Of this program. */
  version: string;
}

/** By the name of the form; without the last line break. */
export const renderers = {
  text: renderText,
  json: renderJson,
  markdown: (preview) => renderMarkdown(preview).trimEnd(),
  junit: renderJunit,
  sarif: renderSarif,
} satisfies Record<
  string,
  (preview: Preview, options: RenderOptions) => string
>;

/** The forms. */
export type Form = keyof typeof renderers;
