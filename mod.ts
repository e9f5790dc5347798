/**
 * Faros: the program and the library.
 *
 * Run, it is the command line `faros`. Imported, it is the parts to embed; each is loaded when it is first called.
 * The kinds are at `./api/mod.ts`, the Kubernetes client at `./kube/mod.ts`.
 *
 * @module
 */
if (import.meta.main) {
  const { runProcess } = await import("./cli/process.ts");
  await runProcess();
}
