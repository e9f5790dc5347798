/** Processor time in microseconds, by what runs. */
export interface ThreadTimes {
  /** The thread that answers. */
  main: number;
  /** Workers of the program: the one that stores. */
  workers: number;
  /** V8's and the runtime's own: garbage collection, compilation. */
  helpers: number;
  /** Of all of them, what the kernel took. */
  system: number;
}

/** Microseconds of a tick in /proc: Linux counts hundredths of a second for programs. */
const TICK = 10_000;

/** What the threads of some processes have taken since they started, as Linux tells; threads that have ended are left out. */
export function threadTimes(pids: readonly number[]): ThreadTimes {
  const times = { main: 0, workers: 0, helpers: 0, system: 0 };
  for (const pid of pids) {
    const tasks = `/proc/${pid}/task`;
    for (const { name: tid } of Deno.readDirSync(tasks)) {
      const { name, user, system } = statOf(`${tasks}/${tid}/stat`);
      const helper = /^(?:V8|tokio)/.test(name);
      const kind = tid === String(pid)
        ? "main"
        : helper
        ? "helpers"
        : "workers";
      times[kind] += user + system;
      times.system += system;
    }
  }
  return times;
}

/** What the processes have taken that this one has started and that have ended. */
export function endedChildrenTime(): number {
  const { children } = statOf("/proc/self/stat");
  return children;
}

function statOf(path: string) {
  const text = Deno.readTextFileSync(path);
  // The name, in brackets, may hold spaces.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  // As `man 5 proc_pid_stat` numbers them, the first here is 3.
  const ticks = (field: number) => Number(fields[field - 3]) * TICK;
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    user: ticks(14),
    system: ticks(15),
    children: ticks(16) + ticks(17),
  };
}
