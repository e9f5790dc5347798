import type { Permissions } from "../../api/plugin_entry.ts";

/** What Faros grants by the name of a `sys` permission that Deno does not have. */
const OWN_SYS = new Set(["statfs"]);

/**
 * The Deno permissions of a plugin's Worker: what it was granted and its state folder; all else is denied.
 *
 * An empty list must become `false`: in Deno's own terms it would be a grant of nothing that can be asked for again.
 */
export function denoPermissions(
  granted: Permissions,
  { stateDir }: { stateDir: string },
): Deno.PermissionOptionsObject {
  const list = (values: string[] = []) => values.length ? values : false;
  return {
    read: [...granted.read ?? [], stateDir],
    write: [...granted.write ?? [], stateDir],
    net: list(granted.net),
    env: list(granted.env),
    run: list(granted.run),
    sys: list(
      granted.sys?.filter((name) => !OWN_SYS.has(name)),
    ) as Deno.PermissionOptionsObject["sys"],
    ffi: false,
    import: false,
  };
}
