/** Why a `fetch` failed, which it says in the innermost cause only. */
export function causes(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error) {
    innermost = innermost.cause;
  }
  const text = innermost instanceof Error
    ? innermost.message
    : String(innermost);
  return text.slice(0, 300);
}
