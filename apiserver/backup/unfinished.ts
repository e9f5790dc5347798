/** Name of the database while a restore is not complete. */
export const UNFINISHED = "store.db.restoring";

/** @throws where a restore into this folder did not come to its end: a server would start with nothing */
export async function checkRestored(dataDir: string): Promise<void> {
  // The log by itself is what a full disk made earlier versions leave behind: the rest of what was restored.
  const left = [UNFINISHED, `${UNFINISHED}-wal`].map(async (name) => {
    try {
      await Deno.stat(`${dataDir}/${name}`);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
  if (!(await Promise.all(left)).includes(true)) return;
  throw new Error(
    `Cannot start on ${dataDir}: a restore into it was not finished; empty it and restore again`,
  );
}
