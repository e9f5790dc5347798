/**
 * What the columns of several kinds are made of.
 *
 * @module
 */
import type { Column, Json, KubeObject } from "../../../types.ts";

/** `<none>`, which stands where nothing is. */
export const NONE = "<none>";
/** `<unset>`, which stands where an option is left to its default. */
export const UNSET = "<unset>";

/** A column. `wide` shows it with `-o wide` only. */
export function column(
  name: string,
  value: (object: KubeObject) => Json | undefined,
  { type = "string", wide = false }: {
    type?: Column["type"];
    wide?: boolean;
  } = {},
): Column {
  return {
    name,
    type,
    description: "",
    priority: wide ? 1 : 0,
    value: (object) => value(object) ?? (type === "integer" ? 0 : ""),
  };
}

/** A column of a number. */
export function count(
  name: string,
  value: (object: KubeObject) => number | undefined,
): Column {
  return column(name, value, { type: "integer" });
}

interface Container {
  name: string;
  image?: string;
}

/** `Containers` and `Images` of what `template` finds, with `-o wide`. */
export function containerColumns(
  template: (object: KubeObject) => KubeObject | undefined,
  { wide = true }: { wide?: boolean } = {},
): Column[] {
  const containers = (object: KubeObject): Container[] =>
    template(object)?.spec?.containers ?? [];
  return [
    column(
      "Containers",
      (object) => containers(object).map(({ name }) => name).join(","),
      { wide },
    ),
    column(
      "Images",
      (object) => containers(object).map(({ image = "" }) => image).join(","),
      { wide },
    ),
  ];
}

/** Joins at most `max` of `items`, and says how many there are beside. */
export function atMost(
  max: number,
  items: string[],
  { separator = "," }: { separator?: string } = {},
): string {
  const shown = items.slice(0, max).join(separator);
  return items.length > max
    ? `${shown} + ${items.length - max} more...`
    : shown;
}

/** Short names of access modes: `RWO,ROX`. */
export function accessModes(modes: string[] = []): string {
  const short: Record<string, string> = {
    ReadWriteOnce: "RWO",
    ReadOnlyMany: "ROX",
    ReadWriteMany: "RWX",
    ReadWriteOncePod: "RWOP",
  };
  return Object.keys(short).filter((mode) => modes.includes(mode))
    .map((mode) => short[mode]).join(",");
}
