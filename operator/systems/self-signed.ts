import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** PEM texts. `authority` is what a client trusts; its key is gone, so it signs nothing else, ever. */
export interface SelfSigned {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;
const serverAuthentication = "1.3.6.1.5.5.7.3.1";

/**
 * A server certificate for these names under an authority of its own, for connections inside of the cluster where both ends are ours. The
 * client pins the authority. Valid from a day ago, for clocks that differ.
 */
export async function selfSigned(wish: {
  readonly names: readonly string[];
  readonly days: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}): Promise<SelfSigned> {
  const notBefore = new Date(wish.now - dayMs);
  const notAfter = new Date(wish.now + wish.days * dayMs);
  const common = wish.names[0] ?? "";
  const authorityKeys = await newKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`${common} authority`.slice(-64)] }],
    keys: authorityKeys,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [common.slice(-64)] }],
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([serverAuthentication]),
      new x509.SubjectAlternativeNameExtension(wish.names.map((value) => ({ type: "dns", value }))),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  return {
    certificate: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`,
    authority: authority.toString("pem"),
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}
