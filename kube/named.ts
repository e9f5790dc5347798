/** Some of many things, for a message: the first `most`, and how many more there are. */
export function named(
  items: readonly string[],
  options: {
    /** @default {5} */
    most?: number;
    /** @default {", "} */
    separator?: string;
  } = {},
): string {
  const { most = 5, separator = ", " } = options;
  const more = items.length - most;
  return [
    ...items.slice(0, most),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join(separator);
}
