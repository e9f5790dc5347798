/**
 * Memory of processes in bytes: what is theirs, and their share of what they
 * share (PSS). Undefined where the system does not tell (it is Linux that does).
 */
export function memoryOf(pids: readonly number[]): number | undefined {
  let sum = 0;
  for (const pid of pids) {
    try {
      const rollup = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
      const pss = /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1];
      if (pss === undefined) return undefined;
      sum += Number(pss) * 1024;
    } catch {
      return undefined;
    }
  }
  return sum;
}

/** Pids of this process's children whose program is one of `names`. */
export function childrenNamed(names: readonly string[]): number[] {
  const found: number[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    try {
      const status = Deno.readTextFileSync(`/proc/${entry.name}/status`);
      const name = /^Name:\s+(.*)$/m.exec(status)?.[1];
      const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
      // The kernel keeps 15 letters of a name.
      if (
        parent === Deno.pid &&
        names.some((n) => n.slice(0, 15) === name)
      ) found.push(Number(entry.name));
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}
