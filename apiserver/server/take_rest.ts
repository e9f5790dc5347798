import { type Clock, systemClock } from "./clock.ts";

/** Bytes that are read of a body that nobody wants. */
const MOST_BYTES = 256 << 10;
/** Milliseconds that are waited for them. */
const MOST_MS = 1000;

/**
 * Reads what a request that is refused still sends, where that is not much.
 * Over HTTP/2 its stream would be reset otherwise, and some clients (curl 7)
 * then say that the connection failed, and not why the request did.
 */
export async function takeRest(
  { body, bodyUsed }: Request,
  clock: Clock = systemClock,
): Promise<void> {
  if (!body || bodyUsed || body.locked) return;
  const reader = body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  const end = clock.after(MOST_MS, giveUp);
  try {
    let left = MOST_BYTES;
    for (let part; left >= 0 && !(part = await reader.read()).done;) {
      left -= part.value.length;
    }
    if (left < 0) giveUp();
  } catch { /* the client has gone */ }
  end();
}
