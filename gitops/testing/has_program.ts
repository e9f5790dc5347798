/** Whether a program is on the PATH and works, for tests that need it. */
export async function hasProgram(
  program: string,
  ...args: string[]
): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args }).output()).success;
  } catch {
    return false;
  }
}

/** Whether anything here builds kustomizations. */
export async function hasKustomize(): Promise<boolean> {
  return await hasProgram("kustomize", "version") ||
    await hasProgram("kubectl", "kustomize", "--help");
}
