/**
 * Evaluates what is generated for Argo CD and Flux as they do, for tests.
 *
 * @module
 */
import { Environment } from "@marcbachmann/cel-js";
import fengari from "fengari";
import { parse } from "yaml";
import { kinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { argocdConfig } from "./argocd.ts";
import { fluxFiles, type HealthCheck } from "./flux.ts";

const { lua, lauxlib, lualib, to_luastring } = fengari;

/** Health as Argo CD has it. */
export interface Health {
  status: string;
  message: string;
}

/** What is generated for kinds of Faros. */
export const customizations = parse(
  argocdConfig(kinds)["resource.customizations"]!,
)["*.faros.sh/*"];
const checks: HealthCheck[] = parse(
  Object.values(fluxFiles(kinds))[0]!,
).spec.healthCheckExprs;

/** Runs the script as Argo CD does: `obj` is the object, and there is Lua's base library only. */
export function argoHealth(obj: KubeObject): Health {
  const L = lauxlib.luaL_newstate();
  lauxlib.luaL_requiref(L, to_luastring("_G"), lualib.luaopen_base, 1);
  lua.lua_pop(L, 1);
  push(L, obj);
  lua.lua_setglobal(L, to_luastring("obj"));
  const code = to_luastring(customizations["health.lua"]);
  const failed = lauxlib.luaL_loadstring(L, code) || lua.lua_pcall(L, 0, 1, 0);
  if (failed) throw new Error(lua.lua_tojsstring(L, -1));
  const field = (name: string) => {
    lua.lua_getfield(L, -1, to_luastring(name));
    const value = lua.lua_tojsstring(L, -1);
    lua.lua_pop(L, 1);
    return value;
  };
  return { status: field("status"), message: field("message") };
}

// deno-lint-ignore no-explicit-any
function push(L: any, value: unknown): void {
  if (value === undefined || value === null) lua.lua_pushnil(L);
  else if (typeof value === "boolean") lua.lua_pushboolean(L, value);
  else if (typeof value === "number") lua.lua_pushnumber(L, value);
  else if (typeof value === "string") {
    lua.lua_pushstring(L, to_luastring(value));
  } else if (Array.isArray(value)) {
    lua.lua_newtable(L);
    value.forEach((item, i) => {
      push(L, item);
      lua.lua_seti(L, -2, i + 1);
    });
  } else {
    lua.lua_newtable(L);
    for (const [key, item] of Object.entries(value as object)) {
      if (item === undefined) continue;
      push(L, item);
      lua.lua_setfield(L, -2, to_luastring(key));
    }
  }
}

/** Flux declares no variables: an object's fields are those that it has. */
const environment = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
});

/** What Flux finds; undefined where it has no expressions for a kind, and goes by kstatus alone. */
export function fluxHealth(object: KubeObject): string | undefined {
  const check = checks.find((c) =>
    c.apiVersion === object.apiVersion && c.kind === object.kind
  );
  if (!check) return undefined;
  const { metadata: { generation }, status } = object as KubeObject & {
    status?: { observedGeneration?: number };
  };
  const observed = status?.observedGeneration;
  if (observed !== undefined && observed !== generation) return "InProgress";
  const is = (expression: string) =>
    environment.parse(expression)(JSON.parse(JSON.stringify(object)));
  try {
    if (is(check.inProgress)) return "InProgress";
    if (is(check.failed)) return "Failed";
    if (is(check.current)) return "Current";
  } catch (error) {
    // It asks again: so does Flux where a field is not there.
    if (status) throw error;
  }
  return "InProgress";
}
