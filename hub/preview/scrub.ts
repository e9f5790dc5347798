import { HIDDEN } from "./hidden.ts";
import type { FieldChange, Preview } from "./preview_result.ts";

/** Shorter texts stand in too many words to be taken out of them. */
const SHORTEST = 6;
/** Characters that are looked through, at most, for all secrets together: a second's work. */
const WORK = 2_000_000_000;

/**
 * The last look at what is told: takes out all texts of secrets that are known,
 * wherever they came from (an error that quotes a value, a value that was
 * copied elsewhere).
 */
export function scrub(preview: Preview, secrets: Iterable<string>): Preview {
  const known = new Set<string>();
  for (const secret of secrets) {
    for (const text of [secret, ...secret.split("\n")]) {
      const word = text.trim();
      if (word.length < SHORTEST) continue;
      // As it is, and as it stands in JSON.
      known.add(word).add(JSON.stringify(word).slice(1, -1));
    }
  }
  if (known.size === 0) return preview;
  // One text of everything tells quickly which secrets are in it at all.
  const texts: string[] = [];
  visit(preview, (text) => {
    texts.push(text);
    return text;
  });
  const all = texts.join("\n");
  const most = Math.ceil(WORK / (all.length + 1));
  const present = [...known].slice(0, most).filter((s) => all.includes(s))
    .sort((a, b) => b.length - a.length);
  if (present.length === 0) return preview;
  return visit(
    preview,
    (text) =>
      present.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text),
  );
}

/** A preview with all its free texts replaced. */
function visit(preview: Preview, replace: (text: string) => string): Preview {
  const fields = (changes: FieldChange[]) =>
    changes.map((change) => ({
      ...change,
      field: replace(change.field),
      ...(change.before === undefined
        ? {}
        : { before: replace(change.before) }),
      ...(change.after === undefined ? {} : { after: replace(change.after) }),
    }));
  return {
    ...preview,
    problems: preview.problems.map((problem) => ({
      ...problem,
      message: replace(problem.message),
      ...(problem.field === undefined ? {} : { field: replace(problem.field) }),
    })),
    objects: preview.objects.map((object) => ({
      ...object,
      fields: fields(object.fields),
    })),
    devices: preview.devices.map((device) => ({
      ...device,
      plugins: device.plugins.map((plugin) => ({
        ...plugin,
        config: fields(plugin.config),
      })),
    })),
  };
}
