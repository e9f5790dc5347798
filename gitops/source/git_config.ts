/** A git configuration file. */
export class GitConfig {
  readonly #lines: string[] = [];

  /** Adds a value; a key may have many. */
  set(section: string, key: string, value: string): void {
    const quoted = value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n");
    this.#lines.push(`[${section}]`, `\t${key} = "${quoted}"`);
  }

  toString(): string {
    return this.#lines.join("\n") + "\n";
  }
}
