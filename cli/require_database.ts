/**
 * Sees that a data folder has a database, before a command looks into it.
 *
 * @param doing What for: `check`, `salvage`.
 * @throws where there is none
 */
export async function requireDatabase(
  dataDir: string,
  doing: string,
): Promise<void> {
  try {
    await Deno.stat(`${dataDir}/store.db`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      `There is no database in ${dataDir} to ${doing}; name the server's data folder by --data`,
    );
  }
}
