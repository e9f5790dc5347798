/**
 * Makes a folder where it is not there, for this user alone, and a file in it
 * to see that it can be written.
 *
 * @throws where one of both cannot be done
 */
export async function writableFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    await Deno.remove(await Deno.makeTempFile({ dir: path, prefix: ".try-" }));
  } catch (error) {
    throw new Error(
      `Cannot use folder ${path}: ${
        (error as Error).message
      }; choose another folder by --data`,
      { cause: error },
    );
  }
}
