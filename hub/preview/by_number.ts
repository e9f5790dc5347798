/** Order of names in which 2 comes before 10. */
export const byNumber: (a: string, b: string) => number = new Intl.Collator(
  "en",
  { numeric: true },
).compare;
