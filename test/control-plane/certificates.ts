import "reflect-metadata";
import { generateKeyPairSync, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const year = 365 * 86_400_000;

export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority that lives as long as one control plane; its key never leaves this process. */
export class CertificateAuthority {
  readonly pem: string;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #subject: string;

  private constructor(pem: string, keys: webcrypto.CryptoKeyPair, subject: string) {
    this.pem = pem;
    this.#keys = keys;
    this.#subject = subject;
  }

  static async create(commonName: string): Promise<CertificateAuthority> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const name = `CN=${commonName}`;
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name,
      keys,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + year),
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
      ],
    });
    return new CertificateAuthority(certificate.toString("pem"), keys, name);
  }

  /** A leaf for a client (organisations are its groups) or, with names, for a server. */
  async issue(
    commonName: string,
    options: { readonly groups?: readonly string[]; readonly hosts?: readonly string[] } = {},
  ): Promise<KeyedCertificate> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const { groups = [], hosts = [] } = options;
    const usage = hosts.length > 0 ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2";
    const certificate = await x509.X509CertificateGenerator.create({
      subject: [{ CN: [commonName] }, ...groups.map((group) => ({ O: [group] }))],
      issuer: this.#subject,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + year),
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(hosts.length === 0
          ? []
          : [
              new x509.SubjectAlternativeNameExtension(
                hosts.map((value) => ({ type: /^[0-9.]+$/.test(value) ? ("ip" as const) : ("dns" as const), value })),
              ),
            ]),
      ],
    });
    const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    const lines = key.match(/.{1,64}/g)?.join("\n") ?? "";
    return {
      certificate: certificate.toString("pem"),
      key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
    };
  }
}

/** The key pair that signs service-account tokens. */
export function serviceAccountKeys(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}
