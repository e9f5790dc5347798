/**
 * The server's certificate authority, its serving certificate, and kubeconfigs
 * that trust it.
 *
 * @module
 */
import type * as X509 from "@peculiar/x509";
import { writePrivate } from "../authentication/private_file.ts";

const DAY = 24 * 60 * 60 * 1000;
const CA_LIFE = 10 * 365 * DAY;
const SERVING_LIFE = 365 * DAY;
/** A certificate is replaced when less than this is left of it. */
const RENEW_BEFORE = 30 * DAY;
/** Clocks of devices may be behind. */
const BACKDATE = DAY;
/** A machine without a battery starts in 1970: what it makes then has to be good for the years after this one, too. */
const AT_LEAST = Date.UTC(2026, 0);

const ALGORITHM = {
  name: "ECDSA",
  namedCurve: "P-256",
  hash: "SHA-256",
} as const;

/** Certificates and keys as PEM. */
export interface Pki {
  /** Certificate of the authority: what clients trust. */
  ca: string;
  /** Serving certificate. */
  cert: string;
  /** Its private key (PKCS #8). */
  key: string;
  /** When the serving certificate should be replaced, by calling `ensurePki` again. */
  renewAt: Date;
}

/** Options of {@linkcode ensurePki}. */
export interface PkiOptions {
  /** Folder of `ca.crt`, `ca.key`, `server.crt` and `server.key`; without it everything is made anew. */
  dataDir?: string;
  /** DNS names and IP addresses under which the server is reached. */
  hostnames: string[];
  now?: () => Date;
}

/** Reads CA and serving certificate, and makes what is missing, near its end or for other hostnames. */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  const { dataDir, hostnames, now = () => new Date() } = options;
  const file = (name: string) => dataDir && `${dataDir}/${name}`;
  const [ca, caKey, cert, key, names] = await Promise.all(
    ["ca.crt", "ca.key", "server.crt", "server.key", "server.names"]
      .map((name) => read(file(name))),
  );
  requirePem({ "ca.crt": ca, "ca.key": caKey }, dataDir);
  if (ca && caKey && cert && key && names) {
    // Plain text, so that the usual start need not load the X.509 library.
    const { hostnames: had, renewAt } = parseNames(names);
    const same = JSON.stringify(had) === JSON.stringify(hostnames);
    const until = new Date(renewAt ?? "");
    if (same && isPem(cert) && isPem(key) && !isRenewalDue(until, now())) {
      return { ca, cert, key, renewAt: until };
    }
  }

  if (!ca !== !caKey && (ca || cert)) {
    const [there, missing] = ca ? ["ca.crt", "ca.key"] : ["ca.key", "ca.crt"];
    throw new Error(
      `Cannot use the CA in ${dataDir}: there is ${there} and no ${missing}; put it back (it is in a backup of the folder) or, where it is lost, remove both: a new CA is made, which all clients have to be given`,
    );
  }
  const x509 = await loadX509();
  const authority = ca && caKey
    ? await readAuthority(x509, ca, caKey)
    : await makeAuthority(x509, now());
  requireLife(authority, { now: now(), dataDir });
  const serving = await makeServing(x509, {
    authority,
    hostnames,
    now: now(),
  });
  const renewAt = new Date(now().getTime() + SERVING_LIFE - RENEW_BEFORE);
  if (dataDir) {
    await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
    if (!ca || !caKey) {
      await writePrivate(`${dataDir}/ca.key`, authority.keyPem);
      await writePrivate(`${dataDir}/ca.crt`, authority.pem);
    }
    // First, so that nobody takes the new key and the old certificate for a pair.
    await Deno.remove(`${dataDir}/server.names`).catch(() => {});
    await writePrivate(`${dataDir}/server.key`, serving.key);
    await writePrivate(`${dataDir}/server.crt`, serving.cert);
    // Last, since it says that the others are there.
    await writePrivate(
      `${dataDir}/server.names`,
      JSON.stringify({ hostnames, renewAt }) + "\n",
    );
  }
  return { ca: authority.pem, ...serving, renewAt };
}

function isPem(text: string): boolean {
  return /-----BEGIN [^]*-----END /.test(text);
}

/** @throws where a file of the CA holds something else: nobody would trust what is served then, and nothing says why */
function requirePem(
  files: Record<string, string | undefined>,
  dataDir: string | undefined,
): void {
  for (const [name, text] of Object.entries(files)) {
    if (!text || isPem(text)) continue;
    throw new Error(
      `Cannot use ${dataDir}/${name}: it is no PEM; put back what was there (it is in a backup of the folder)`,
    );
  }
}

/** What `server.names` says; nothing where a power failure left nothing of it. */
function parseNames(
  text: string,
): { hostnames?: unknown; renewAt?: string } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/**
 * Whether a serving certificate is near its end, or not good yet: where the clock ran ahead when it was made, and was set
 * right since, clients would refuse it until that time comes.
 */
export function isRenewalDue(renewAt: Date, now: Date): boolean {
  const left = renewAt.getTime() - now.getTime();
  return !(left > 0 && left <= SERVING_LIFE - RENEW_BEFORE + BACKDATE);
}

/** @throws where the authority has ended: what it signed would be refused by everybody */
function requireLife(
  { certificate: { notAfter } }: Authority,
  { now, dataDir }: { now: Date; dataDir?: string },
): void {
  if (now < notAfter) return;
  throw new Error(
    `Cannot make a serving certificate: the CA in ${dataDir}/ca.crt ended at ${notAfter.toISOString()}, and the clock says ${now.toISOString()}; set the clock or, where it is right, remove ca.crt and ca.key: a new CA is made, which all clients have to be given`,
  );
}

interface Authority {
  certificate: X509.X509Certificate;
  pem: string;
  key: CryptoKey;
  keyPem: string;
}

type Library = typeof X509;

async function loadX509(): Promise<Library> {
  // The library's dependency injection needs it to be there first.
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}

async function read(path: string | undefined): Promise<string | undefined> {
  if (!path) return undefined;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function readAuthority(
  x509: Library,
  pem: string,
  keyPem: string,
): Promise<Authority> {
  const key = await crypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decodeFirst(keyPem),
    ALGORITHM,
    false,
    ["sign"],
  );
  return { certificate: new x509.X509Certificate(pem), pem, key, keyPem };
}

async function makeAuthority(x509: Library, now: Date): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=apiserver-ca@${Math.floor(now.getTime() / 1000)}`,
    notBefore: new Date(now.getTime() - BACKDATE),
    notAfter: new Date(Math.max(now.getTime(), AT_LEAST) + CA_LIFE),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign |
          x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate,
    pem: certificate.toString("pem") + "\n",
    key: keys.privateKey,
    keyPem: await privatePem(x509, keys.privateKey),
  };
}

async function makeServing(
  x509: Library,
  options: { authority: Authority; hostnames: string[]; now: Date },
): Promise<{ cert: string; key: string }> {
  const { authority, hostnames, now } = options;
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${hostnames[0]}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - BACKDATE),
    notAfter: new Date(
      Math.min(
        now.getTime() + SERVING_LIFE,
        authority.certificate.notAfter.getTime(),
      ),
    ),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(
        hostnames.map((value) => ({
          type: isIp(value) ? "ip" as const : "dns" as const,
          value,
        })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(
        authority.certificate.publicKey,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    cert: certificate.toString("pem") + "\n",
    key: await privatePem(x509, keys.privateKey),
  };
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function privatePem(x509: Library, key: CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey("pkcs8", key);
  return x509.PemConverter.encode(der, "PRIVATE KEY") + "\n";
}

/** 16 random bytes, positive as RFC 5280 asks. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0]! & 0x7f | 0x01;
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

function isIp(value: string): boolean {
  return value.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(value);
}

export { kubeconfig, type KubeconfigOptions } from "./kubeconfig.ts";
