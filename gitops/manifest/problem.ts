/** A place in a file; both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** Something wrong in a repository, and where. */
export interface Problem extends Partial<Position> {
  file: string;
  /** Path of the field: `spec.plugins[0].name`. */
  field?: string;
  /** What was found, what is expected, and the way out. */
  message: string;
  /** Of the condition, where it is another one than that the manifest is invalid. */
  reason?: "DecryptionFailed" | "BuildFailed";
  /** Whether it may pass without a change of the manifests. */
  retry?: boolean;
}

/** `file:line:column: field: message`, as compilers write it. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, field, message } = problem;
  const at = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return field ? `${at}: ${field}: ${message}` : `${at}: ${message}`;
}

/** By file, then place. */
export function compareProblems(a: Problem, b: Problem): number {
  return compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0) || compare(a.message, b.message);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Path of a field as Kubernetes writes it: `spec.plugins[0].name`. */
export function fieldName(path: readonly PropertyKey[]): string {
  let name = "";
  for (const part of path) {
    if (typeof part === "number") name += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(String(part))) {
      name += name ? `.${String(part)}` : String(part);
    } else name += `[${JSON.stringify(String(part))}]`;
  }
  return name;
}
