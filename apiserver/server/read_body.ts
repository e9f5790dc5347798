import { badRequest, StatusError } from "../errors.ts";
import { joinBytes } from "../join_bytes.ts";

/** As in kube-apiserver. */
export const MAX_BODY_BYTES = 3 << 20;

function tooLarge(limit: number): StatusError {
  return new StatusError(
    413,
    "RequestEntityTooLarge",
    `Request entity too large: limit is ${limit}`,
  );
}

/**
 * Reads the body of a request.
 *
 * @throws 413 where it is longer than `limit`; the rest is not read. 400 where the client goes away amid it.
 */
export function readBody(
  request: Request,
  limit: number = MAX_BODY_BYTES,
): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > limit) throw tooLarge(limit);
  const read = announced === null
    ? readChunks(request, limit)
    : request.bytes();
  return read.catch((error: Error) => {
    if (error instanceof StatusError) throw error;
    // Nothing of the server is at fault, so this is no 500.
    throw badRequest(`cannot read the body of the request: ${error.message}`);
  });
}

async function readChunks(
  request: Request,
  limit: number,
): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body) {
    size += part.length;
    if (size > limit) throw tooLarge(limit);
    parts.push(part);
  }
  return joinBytes(parts);
}
