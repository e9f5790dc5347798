/**
 * The answer to HEAD: that to GET without its body.
 *
 * `Deno.serve` sends the body over HTTP/2, which curl and Go's clients take for
 * an error of the protocol and end the request (RFC 9110, 9.3.2).
 */
export async function headOf(response: Response): Promise<Response> {
  const { status, body } = response;
  const headers = new Headers(response.headers);
  if (body) {
    const { length } = await response.bytes();
    headers.set("content-length", String(length));
  }
  return new Response(null, { status, headers });
}
