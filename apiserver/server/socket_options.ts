/** Constants of Linux on x86_64 and aarch64. */
const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_USER_TIMEOUT = 18;
/** Descriptors that are looked at: a listener that takes another's place stands behind all connections. */
const MAX_FD = 1 << 17;
/** Milliseconds for which a client may acknowledge nothing, or take nothing of what is sent. */
const SILENCE_MS = 120_000;

const OPTIONS: [level: number, name: number, value: number][] = [
  [IPPROTO_TCP, TCP_NODELAY, 1],
  [SOL_SOCKET, SO_KEEPALIVE, 1],
  // Seconds until the first question, between questions, and how many.
  [IPPROTO_TCP, TCP_KEEPIDLE, 60],
  [IPPROTO_TCP, TCP_KEEPINTVL, 15],
  [IPPROTO_TCP, TCP_KEEPCNT, 4],
  [IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_MS],
];

const FUNCTIONS = {
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
} as const;
type LibC = Deno.DynamicLibrary<typeof FUNCTIONS>;

/**
 * Sets options of the listening socket of `port`; connections that it accepts inherit them.
 *
 * Without delay: Deno.serve sets that on plain connections, not on those with TLS. There the second of two small writes
 * (headers and body, two watch events) waits until the client acknowledges the first, which a client may put off for
 * 40 ms.
 *
 * An end of what is silent: Deno.serve has no time limits for connections. Those of devices that lost power or network
 * would stay for as long as the server runs, each with its descriptor and memory, as would answers whose client has
 * stopped reading.
 *
 * @returns false where they can't be set: not on Linux, or without `--allow-ffi`. The server then works all the same.
 */
export function setSocketOptions(port: number): boolean {
  if (Deno.build.os !== "linux") return false;
  // Asked first: opening the library would prompt.
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  if (state !== "granted") return false;
  let libc: LibC;
  try {
    libc = Deno.dlopen("libc.so.6", FUNCTIONS);
  } catch {
    return false;
  }
  try {
    return setOn(libc.symbols, port);
  } finally {
    libc.close();
  }
}

function setOn(
  { getsockopt, setsockopt, getsockname }: LibC["symbols"],
  port: number,
): boolean {
  const value = new Int32Array(1);
  const length = new Uint32Array(1);
  for (let fd = 3; fd < MAX_FD; fd++) {
    value[0] = 0;
    length[0] = 4;
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, value, length);
    if (value[0] !== 1) continue;
    // sockaddr_in and sockaddr_in6 both have the port, big-endian, after two bytes.
    const name = new Uint8Array(128);
    length[0] = name.length;
    if (getsockname(fd, name, length) !== 0) continue;
    if (new DataView(name.buffer).getUint16(2) !== port) continue;
    return OPTIONS.every(([level, option, wanted]) =>
      setsockopt(fd, level, option, new Int32Array([wanted]), 4) === 0
    );
  }
  return false;
}
