/**
 * Resolves with the first truthy value of `probe`, asking again and again.
 *
 * @throws {Error} after `timeout` milliseconds (60000), with what `probe` threw
 * last.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: { timeout?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const { timeout = 60_000, what = "the condition" } = options;
  const deadline = Date.now() + timeout;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await probe();
      if (value) return value as NonNullable<T>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`After ${timeout} ms still not: ${what}`, { cause: last });
}
