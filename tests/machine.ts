/** The machine that a result was measured on. */
export function machine(): string {
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores, ${memory} GiB, ${Deno.build.target}, Deno ${Deno.version.deno}`;
}
