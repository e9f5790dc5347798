/**
 * Compares what a forge was asked, and what a test answered in its place, with
 * the description of its API that it publishes.
 *
 * @module
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import type { SeenRequest } from "../../testing/recording_server.ts";

/** A JSON Schema, of which only names and types are kept. */
export interface Schema {
  [keyword: string]: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
}

/** One operation of an API. */
export interface Operation {
  method: string;
  /** `/repos/{owner}/{repo}/pulls` */
  path: string;
  query: Record<string, Schema>;
  body?: Schema;
  /** HTTP status of an answer where all went well. */
  code: number;
  answer?: Schema;
}

/** What of an API Faros uses; `trim_api.ts` makes it. */
export interface ApiDescription {
  operations: Operation[];
}

interface Asked {
  /** Path at which the API is: `/api/v3`. */
  root: string;
  request: SeenRequest;
}

/** The operation that a request is for, where there is one. */
export function operationOf(
  { operations }: ApiDescription,
  { root, request: { method, path } }: Asked,
): Operation | undefined {
  const [pathname = ""] = path.split("?");
  return operations.find((operation) =>
    operation.method === method && isOfPath(pathname, root + operation.path)
  );
}

/**
 * What is wrong with a request, or with an answer to it.
 *
 * @returns One line for each; none where all is as described
 */
export function compareWithApi(
  api: ApiDescription,
  of: Asked & {
    answer?: unknown;
    /** Whether it may have what the description lacks, as a forge's own may. */
    isOpen?: boolean;
  },
): string[] {
  const { request: { method, path, body }, answer } = of;
  const [pathname = "", search = ""] = path.split("?");
  const operation = operationOf(api, of);
  if (!operation) return [`${method} ${pathname}: there is no such operation`];
  const problems: string[] = [];
  for (const [name, value] of new URLSearchParams(search)) {
    const schema = operation.query[name];
    if (!schema) problems.push(`query: there is no ${name}`);
    else problems.push(...check(schema, asTyped(value, schema), name));
  }
  const sent = body ? JSON.parse(body) : undefined;
  if (sent !== undefined || operation.body?.required) {
    problems.push(...check(operation.body ?? { not: {} }, sent, "body"));
  }
  if (answer !== undefined) {
    const { answer: schema = {} } = operation;
    problems.push(...check(schema, answer, "answer", of.isOpen));
  }
  return problems.map((problem) => `${method} ${operation.path}: ${problem}`);
}

function isOfPath(pathname: string, template: string): boolean {
  const parts = pathname.split("/");
  const wanted = template.split("/");
  return parts.length === wanted.length &&
    wanted.every((part, i) =>
      part.startsWith("{") ? parts[i] !== "" : part === parts[i]
    );
}

function asTyped(value: string, { type }: Schema): unknown {
  return type === "integer" || type === "number" ? Number(value) : value;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });

function check(
  schema: Schema,
  value: unknown,
  what: string,
  isOpen = false,
): string[] {
  const validate = ajv.compile(isOpen ? schema : closed(schema));
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${what}${instancePath} ${message} ${JSON.stringify(params)}`
  );
}

/** A schema by which a name that it does not know is an error. */
function closed(schema: Schema): Schema {
  const { properties, items, anyOf } = schema;
  return {
    ...schema,
    ...(properties
      ? {
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, of]) => [name, closed(of)]),
        ),
        additionalProperties: false,
      }
      : {}),
    ...(items ? { items: closed(items) } : {}),
    ...(anyOf ? { anyOf: anyOf.map(closed) } : {}),
  };
}
