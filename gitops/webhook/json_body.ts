type Json = { [key: string]: unknown };

/** The object that a body holds; an empty one where it is something else. */
export function jsonBody(body: Uint8Array): Json {
  try {
    return asObject(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return {};
  }
}

/** The value, where it is an object; else an empty one. */
export function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Json
    : {};
}

/** The value, where it is a text. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
