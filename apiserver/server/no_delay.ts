/** Constants of Linux on x86_64 and aarch64. */
const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
/** Descriptors that are looked at; a server's listener is among its first. */
const MAX_FD = 1024;

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
 * Sets TCP_NODELAY on the listening socket of `port`; connections that it accepts inherit it.
 *
 * Deno.serve sets it on plain connections, not on those with TLS. There the second of two small writes (headers and
 * body, two watch events) waits until the client acknowledges the first, which a client may put off for 40 ms.
 *
 * @returns false where it can't be set: not on Linux, or without `--allow-ffi`. The server then works all the same.
 */
export function setNoDelay(port: number): boolean {
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
  let found = false;
  for (let fd = 3; fd < MAX_FD; fd++) {
    const value = new Int32Array(1);
    const length = new Uint32Array([4]);
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, value, length);
    if (value[0] !== 1) continue;
    // sockaddr_in and sockaddr_in6 both have the port, big-endian, after two bytes.
    const name = new Uint8Array(128);
    length[0] = name.length;
    if (getsockname(fd, name, length) !== 0) continue;
    if (new DataView(name.buffer).getUint16(2) !== port) continue;
    value[0] = 1;
    found = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value, 4) === 0 || found;
  }
  return found;
}
