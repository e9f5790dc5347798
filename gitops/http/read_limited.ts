/**
 * The text of an answer.
 *
 * @throws {Error} where it has more than `max` bytes
 */
export async function readLimited(
  response: Response,
  max: number,
): Promise<string> {
  if (!response.body) return "";
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    // Leaving the loop cancels the rest.
    if (size > max) throw new Error(`the answer is larger than ${max} bytes`);
    chunks.push(chunk);
  }
  return await new Blob(chunks).text();
}
