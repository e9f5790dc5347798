import { StatusError } from "../errors.ts";
import { PROTOBUF } from "../request/protobuf/decode.ts";

const ACCEPTED = [
  "application/json",
  "application/yaml",
  "application/x-yaml",
  "text/yaml",
  "application/vnd.kubernetes.yaml",
  PROTOBUF,
];

/**
 * The media type of a body; none means JSON.
 *
 * @throws 415 for one that can't be decoded.
 */
export function contentTypeOf(request: Request): string {
  const header = request.headers.get("content-type") || "application/json";
  if (ACCEPTED.includes(header)) return header;
  const type = header.split(";")[0]!.trim().toLowerCase();
  if (ACCEPTED.includes(type)) return type;
  throw unsupportedMediaType();
}

/** 415 for a body in a form that is not understood. */
export function unsupportedMediaType(): StatusError {
  return new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ${PROTOBUF}`,
  );
}
