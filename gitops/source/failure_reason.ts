import type { SourceReason } from "./source_error.ts";

/**
 * What git, curl and ssh say in English, first match counts: ssh says two
 * lines, of which the first tells more.
 */
const REASONS: [SourceReason, RegExp][] = [
  ["ProgramMissing", /cannot run \S+: No such file/],
  [
    "HostKeyMismatch",
    /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
  ],
  [
    "HostKeyUnknown",
    /No \S+ host key is known for|Host key verification failed/,
  ],
  [
    "ProxyFailed",
    /resolve proxy|proxy CONNECT|(?:response|code) 407|from proxy|CONNECT tunnel failed|SOCKS|connection to proxy/i,
  ],
  [
    "CertificateInvalid",
    /server certificate verification failed|SSL certificate problem|certificate subject name|no alternative certificate subject name|unable to get local issuer certificate/i,
  ],
  [
    "AuthenticationFailed",
    // A server that wants a client's certificate says so by a TLS alert, nginx
    // by 400.
    /Permission denied|Authentication failed|could not read (?:Username|Password)|Too many authentication failures|returned error: 40[013]|HTTP (?:code = )?40[13]|Certificate is required|certificate required|bad certificate|TLS fatal alert|alert (?:unknown ca|handshake failure)|gnutls_handshake\(\) failed: (?:CA is unknown|Handshake failed)|incorrect passphrase|error in libcrypto|Load key .*(?:invalid format|error)/i,
  ],
  [
    "RepositoryNotFound",
    /repository '.*' not found|Repository not found|does not appear to be a git repository|could not be found or you don't have permission|returned error: 404/i,
  ],
  [
    "RefNotFound",
    /couldn't find remote ref|Remote branch .* not found|not our ref|no such (?:branch|remote ref)|unadvertised object/i,
  ],
  [
    "Timeout",
    /Operation too slow|timed out|Timeout was reached|timeout/i,
  ],
  [
    "Unreachable",
    /Could not resolve host|Failed to connect|Couldn't connect|Connection (?:refused|reset|closed)|Network is unreachable|No route to host|early EOF|RPC failed|unexpected disconnect|transfer closed|Empty reply|Recv failure|Send failure|hung up unexpectedly|returned error: (?:429|5\d\d)|kex_exchange_identification|Broken pipe|expected flush after|unable to access/i,
  ],
];

/** The reason that the output of a failed git command tells of. */
export function failureReason(
  stderr: string,
  options: { proxy?: { host: string; port: string } } = {},
): SourceReason {
  // Names in URLs may be anything.
  const text = stderr.replaceAll(/\b\w+:\/\/[^\s']+/g, "");
  const { proxy } = options;
  // "Failed to connect to 10.0.0.1 port 3128 after 3 ms: …"
  if (proxy && text.includes(`connect to ${proxy.host} port ${proxy.port}`)) {
    return "ProxyFailed";
  }
  return REASONS.find(([, pattern]) => pattern.test(text))?.[0] ??
    "FetchFailed";
}
