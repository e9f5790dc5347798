import assert from "node:assert/strict";
import { formats } from "./formats.ts";
import { Quantity } from "./quantity.ts";

Deno.test("formats tell right from wrong", () => {
  const cases: Record<string, { yes: string[]; no: string[] }> = {
    "date-time": {
      yes: [
        "2026-02-28T01:02:03Z",
        "2026-02-28T01:02:03.5+02:00",
        "2026-12-31t23:59:59,5z",
      ],
      no: [
        "2026-02-30T01:02:03Z",
        "2026-02-28",
        "2026-02-28T25:00:00Z",
        "2026-02-28T00:60:00Z",
        "2026-02-28T00:00:60Z",
        "2026-02-28T00:00:00+0100",
      ],
    },
    byte: { yes: ["", "aGk=", "aGVs"], no: ["aGk", "a-_="] },
    ipv4: {
      yes: ["10.0.0.1", "010.0.0.1", "::ffff:1.2.3.4"],
      no: ["10.0.0.256", "10.0.1", "::1"],
    },
    ipv6: { yes: ["::1", "fe80::1:2"], no: ["10.0.0.1", "1:2", "::g"] },
    cidr: {
      yes: ["10.0.0.0/08", "fd00::/64"],
      no: ["10.0.0.0/33", "10.0.0.0"],
    },
    hostname: {
      yes: ["a.b-c.de", "a", "a-b", "ü.de", `${"x".repeat(63)}.com`],
      no: ["-a", "a..b", "", "a.b", "a_b", "1.2.3.4", "a.com.", "a-b-c"],
    },
    email: {
      yes: ["a@b", "A B <a@b.com>", '"a b"@c.de', "<a@b.com>", "a@[::1]"],
      no: ["a", "a.@b.com", ".a@b.com", "a b@c.de", "a@b@c", "a@"],
    },
    uri: {
      yes: ["http://x:1/a?b", "/a b", "mailto:a", "*", "http://[::1]:80/"],
      no: ["x", "", "http://x y", "http://x:port", "http://[::1", "/%"],
    },
    uuid: { yes: ["00000000-0000-0000-0000-000000000000"], no: ["0-0"] },
    duration: {
      yes: ["1h30m", "90s", "P1DT5M", "1 day 2 hours", "1.5 days", "3w"],
      no: ["soon", "1", "P", "5 apples", ""],
    },
    date: {
      yes: ["2026-02-28", "2028-02-29", "2000-02-29", "0000-02-29"],
      no: [
        "2026-2-28",
        "2026-02-31",
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-00-10",
        "2026-13-10",
        "2026-01-00",
      ],
    },
    mac: {
      yes: ["00:11:22:33:44:55", "0011.2233.4455", "001122334455"],
      no: ["00:11:22", "00:11-22:33:44:55", "0:1:2:3:4:5"],
    },
  };
  for (const [name, { yes, no }] of Object.entries(cases)) {
    const valid = formats.get(name)!;
    for (const text of yes) assert.ok(valid(text), `${name} ${text}`);
    for (const text of no) assert.ok(!valid(text), `${name} ${text}`);
  }
});

Deno.test("no text keeps a format busy", () => {
  const times = 1 << 16;
  // Tried in more ways than one, any of these would take minutes, or until the sun goes out.
  const parts = ["a", "1", " ", '"', '\\"', "a.", "1 ", "a-", "1Y", ":", "0:"];
  for (const valid of formats.values()) {
    for (const part of parts) {
      valid(part.repeat(times));
      valid(`${part.repeat(times)}!`);
      valid(`P${part.repeat(times)}@`);
    }
  }
});

Deno.test("quantities compare exactly across suffixes", () => {
  const of = (text: string) => Quantity.parse(text);
  assert.equal(of("1Gi").compareTo(of("1073741824")), 0);
  assert.equal(of("1500m").compareTo(of("1.5")), 0);
  assert.equal(of("2e3").compareTo(of("2k")), 0);
  assert.equal(of("-1").sign(), -1);
  assert.equal(of("3k").asInteger(), 3000n);
  assert.throws(() => of("1.5").asInteger(), /integer/);
  for (const wrong of ["", "1x", "1 Gi", "Gi"]) {
    assert.throws(() => of(wrong), /quantities must match/);
  }
});
