import { distinctRemoteAddr, expandIPv6 } from "hono/utils/ipaddr";

/** Groups of an IPv6 address that name a network. */
const GROUPS = 4;

/**
 * The network that limits count an address to: an IPv4 address itself, also
 * where it comes as one of IPv6, and the /64 of another IPv6 address, since
 * whoever has one of those has all 2^64 (RFC 6177).
 */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address) ?? [];
  if (mapped) return mapped;
  // A link-local address has the name of an interface behind it.
  const [bare = ""] = address.toLowerCase().split("%");
  if (distinctRemoteAddr(bare) !== "IPv6") return address;
  return `${expandIPv6(bare).split(":").slice(0, GROUPS).join(":")}::/64`;
}
