import { compileSchema } from "../apiserver/schema/mod.ts";
import type { Schema } from "../apiserver/types.ts";
import type { CompareSchemas } from "../kube/compare_schemas.ts";

/**
 * What of an object that is stored by one schema would be lost, or be refused at its next change, by another: fields
 * that there are no more, values that are no longer allowed. What is wrong already is not told.
 */
export const compareSchemas: CompareSchemas = (from, to) => {
  const before = from === undefined ? () => [] : problemsBy(from as Schema);
  const after = problemsBy(to as Schema);
  return (object) => {
    const known = new Set(before(object));
    return after(object).filter((problem) => !known.has(problem));
  };
};

function problemsBy(schema: Schema): (object: unknown) => string[] {
  const compiled = compileSchema(schema);
  return (object) => {
    const copy = structuredClone(object);
    const unknown = compiled.prune(copy)
      .map((field) => `${field} would be lost`);
    compiled.default(copy);
    const invalid = compiled.validate(copy)
      .map(({ field, message }) => `${field}: ${message}`);
    return [...unknown, ...invalid];
  };
}
