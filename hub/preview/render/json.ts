import { countPreview, type Preview } from "../preview_result.ts";

/** A preview for programs: all of it, with its numbers. */
export function renderJson(preview: Preview): string {
  return JSON.stringify(
    {
      apiVersion: "preview.faros.sh/v1alpha1",
      kind: "Preview",
      counts: countPreview(preview),
      ...preview,
    },
    null,
    2,
  );
}
