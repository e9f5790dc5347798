import { sha256Hex } from "../../api/protocol/canonical_json.ts";

/** A declared variable. */
export interface Variable {
  value: string;
  /** Where it is from: `Secret faros-system/site`. */
  from: string;
  /** Whether nobody may see its value. */
  secret: boolean;
}

/** The variables that a Repository declares. */
export interface Variables {
  readonly values: ReadonlyMap<string, Variable>;
  /** The same as long as all of them are. */
  readonly fingerprint: string;
}

/** Where variables are from, the least important first. */
export interface VariableSource {
  from: string;
  secret?: boolean;
  values: Record<string, string>;
}

/** Names that a manifest can say. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Puts the variables of several sources together; a later source wins. What a
 * ConfigMap has under names that are none of variables is left out.
 */
export async function makeVariables(
  sources: VariableSource[],
): Promise<Variables> {
  const values = new Map<string, Variable>();
  for (const { from, secret = false, values: own } of sources) {
    for (const [name, value] of Object.entries(own)) {
      if (VARIABLE_NAME.test(name)) values.set(name, { value, from, secret });
    }
  }
  const text = JSON.stringify([...values].map(([n, v]) => [n, v.value]).sort());
  return { values, fingerprint: await sha256Hex(text) };
}
