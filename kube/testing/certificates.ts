import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** A certificate with its key, in PEM. */
export interface CertificatePair {
  cert: string;
  key: string;
}

/** A throw-away certificate authority. */
export interface TestAuthority {
  /** Its certificate, in PEM. */
  ca: string;
  /** A certificate for servers of those DNS names or IP addresses. */
  server(...names: string[]): Promise<CertificatePair>;
  /**
   * A certificate for a client, whose common name is the user.
   *
   * @param life In milliseconds. @default a day
   */
  client(user: string, life?: number): Promise<CertificatePair>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 24 * 3600 * 1000;

/** Makes a certificate authority. */
export async function createAuthority(): Promise<TestAuthority> {
  const keys = await generateKeys();
  const notBefore = new Date(Date.now() - DAY);
  const notAfter = new Date(Date.now() + DAY);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test CA",
    keys,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
    ],
  });
  const issue = async (
    name: string,
    extensions: x509.Extension[],
    life = DAY,
  ): Promise<CertificatePair> => {
    const pair = await generateKeys();
    const cert = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: ca.subject,
      publicKey: pair.publicKey,
      signingKey: keys.privateKey,
      notBefore,
      notAfter: new Date(Date.now() + life),
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.BasicConstraintsExtension(false), ...extensions],
    });
    const key = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
    return {
      cert: cert.toString("pem"),
      key: x509.PemConverter.encode(key, "PRIVATE KEY"),
    };
  };
  return {
    ca: ca.toString("pem"),
    server: (...names) =>
      issue(names[0]!, [
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({
            type: /^[\d.]+$|:/.test(value) ? "ip" as const : "dns" as const,
            value,
          })),
        ),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      ]),
    client: (user, life) =>
      issue(user, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ], life),
  };
}

async function generateKeys(): Promise<CryptoKeyPair> {
  const usages: KeyUsage[] = ["sign", "verify"];
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, usages);
  return keys as CryptoKeyPair;
}
