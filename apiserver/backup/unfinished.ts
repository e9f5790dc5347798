/** Name of the database while a restore is not complete. */
export const UNFINISHED = "store.db.restoring";

/** @throws where a restore into this folder did not come to its end: a server would start with nothing */
export async function checkRestored(dataDir: string): Promise<void> {
  try {
    await Deno.stat(`${dataDir}/${UNFINISHED}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new Error(
    `Cannot start on ${dataDir}: a restore into it was not finished; empty it and restore again`,
  );
}
