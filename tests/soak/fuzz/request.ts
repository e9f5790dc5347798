/**
 * A generated request, as bytes on the wire, and as a command to repeat it.
 *
 * @module
 */

/** A request whose parts can be left out one by one. */
export interface FuzzRequest {
  method: string;
  /** As it stands in the request line, without the query; each letter is one byte. */
  path: string;
  /** Already percent-encoded, or meant to be wrong. */
  query: [name: string, value: string][];
  headers: [name: string, value: string][];
  /** A value is sent as JSON; a text or bytes as they are. */
  body?: { value: unknown } | { bytes: Uint8Array };
}

const encoder = new TextEncoder();

/** The part of the request line that names what is asked for. */
export function targetOf({ path, query }: FuzzRequest): string {
  if (query.length === 0) return path;
  return `${path}?${query.map(([k, v]) => `${k}=${v}`).join("&")}`;
}

/** The body's bytes; undefined where there is none. */
export function bodyOf({ body }: FuzzRequest): Uint8Array | undefined {
  if (!body) return undefined;
  return "bytes" in body
    ? body.bytes
    : encoder.encode(JSON.stringify(body.value));
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** The request as HTTP/1.1 sends it. */
export function wireBytes(
  request: FuzzRequest,
  { host, token }: { host: string; token: string },
): Uint8Array {
  const body = bodyOf(request);
  const named = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const lines = [
    `${request.method} ${targetOf(request)} HTTP/1.1`,
    `Host: ${host}`,
    ...named.has("authorization") ? [] : [`Authorization: Bearer ${token}`],
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
    ...body ? [`Content-Length: ${body.length}`] : [],
  ];
  const head = latin1(lines.join("\r\n") + "\r\n\r\n");
  if (!body) return head;
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}

function quoted(text: string): string {
  return /^[\x20-\x7e]*$/.test(text)
    ? `'${text.replaceAll("'", "'\\''")}'`
    : `$'${
      Array.from(latin1(text), (byte) =>
        byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
          ? String.fromCharCode(byte)
          : `\\x${byte.toString(16).padStart(2, "0")}`).join("")
    }'`;
}

/** The command that sends the request again; `$TOKEN` is an administrator's. */
export function toCurl(request: FuzzRequest, url: string): string {
  const body = bodyOf(request);
  const named = request.headers.some(([n]) => /^authorization$/i.test(n));
  return [
    "curl -sk --path-as-is -g",
    `-X ${quoted(request.method)}`,
    ...named ? [] : ['-H "Authorization: Bearer $TOKEN"'],
    ...request.headers.map(([name, value]) =>
      `-H ${quoted(`${name}: ${value}`)}`
    ),
    ...body
      ? [
        `--data-binary ${
          quoted(String.fromCharCode(...body.subarray(0, 20_000)))
        }`,
      ]
      : [],
    quoted(url + targetOf(request)),
  ].join(" ");
}
