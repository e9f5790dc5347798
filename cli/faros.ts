/**
 * The program alone, for whatever starts it from a checkout: `mod.ts` is the library too, and its imports lead to all of
 * Faros.
 *
 * @module
 */
import { runProcess } from "./process.ts";

await runProcess();
