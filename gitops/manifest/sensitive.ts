/** A path in an object. */
type Path = readonly PropertyKey[];

/** Shown in the place of a value that nobody may see. */
export const HIDDEN = "(not shown)";

/**
 * The values of a manifest that nobody may see though they stand in it:
 * decrypted ones, and those that a variable brought from a Secret.
 */
export class Sensitive {
  readonly #entries: { path: Path; value: unknown }[] = [];

  /** Notes that the value at `path` is one. */
  add(path: Path, value: unknown): void {
    this.#entries.push({ path, value });
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Whether the field at `path` is, is within, or holds such a value. */
  covers(path: Path): boolean {
    return this.#entries.some((entry) => {
      const length = Math.min(path.length, entry.path.length);
      for (let i = 0; i < length; i++) {
        if (String(path[i]) !== String(entry.path[i])) return false;
      }
      return true;
    });
  }

  /** Those of the part of the object at `path`, as of an object of its own. */
  below(path: Path): Sensitive | undefined {
    const part = new Sensitive();
    for (const entry of this.#entries) {
      if (entry.path.length < path.length) continue;
      if (path.some((key, i) => String(key) !== String(entry.path[i]))) {
        continue;
      }
      part.add(entry.path.slice(path.length), entry.value);
    }
    return part.size ? part : undefined;
  }

  /** A message for people, without the values, in whichever form it has them. */
  redact(text: string): string {
    const forms = new Set<string>();
    for (const { value } of this.#entries) {
      const plain = String(value);
      // Names are no secrets: without them an error says nothing.
      if (plain === "") continue;
      forms.add(JSON.stringify(plain));
      if (typeof value !== "string") forms.add(`the number ${plain}`);
      // What is shorter is in other words too, and no secret for long.
      if (plain.length >= 4) {
        forms.add(plain).add(JSON.stringify(plain).slice(1, -1));
        forms.add(base64(plain));
        for (const line of plain.split("\n")) {
          if (line.length >= 8) forms.add(line);
        }
      }
    }
    // The longest first: a short one may be part of it.
    for (const form of [...forms].sort((a, b) => b.length - a.length)) {
      text = text.replaceAll(form, HIDDEN);
    }
    return text;
  }
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}
