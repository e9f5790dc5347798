import { Quantity } from "../schema/quantity.ts";

/** Quantities in their canonical form; clients may send plain numbers. */
export function quantityTexts(
  values: Record<string, string | number>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      Quantity.parse(String(value)).toString(),
    ]),
  );
}
