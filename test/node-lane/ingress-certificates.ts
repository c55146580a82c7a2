import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createSecureContext } from "node:tls";
import type { CertificateAuthority } from "../control-plane/certificates.ts";
import type { Site } from "./ingress-routes.ts";
import type { Watched } from "./watch.ts";

export interface TlsSecret extends Watched {
  readonly data?: Readonly<Record<string, string>>;
}

/** The certificates that the ingress shows, each with its key in one file named by its content. */
export class IngressCertificates {
  readonly #authority: CertificateAuthority;
  readonly #directory: string;
  readonly #issued = new Map<string, string>();

  constructor(authority: CertificateAuthority, directory: string) {
    this.#authority = authority;
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** For hosts that nobody publishes and for those that are not ours to certify. */
  async default(): Promise<string> {
    return await this.#issue(["localhost", "*.localhost"]);
  }

  /**
   * The certificate of the first Secret that has a good one for the host. Else, below localhost, one of our own for exactly this name: clients do
   * not accept `*.localhost` for names of more labels, and some not at all.
   */
  async forSite({ host, secrets: names }: Site, secrets: ReadonlyMap<string, TlsSecret>): Promise<SiteCertificate> {
    const complaints: string[] = [];
    for (const name of names) {
      const secret = secrets.get(name);
      if (secret === undefined) continue;
      try {
        return { file: this.#write(pemOf(secret, host)), complaints };
      } catch (error) {
        const reason = error instanceof Error ? error.message : "unreadable";
        complaints.push(`the certificate of Secret ${name} is not used for ${host}: ${reason}`);
      }
    }
    const file = host.endsWith(".localhost") ? await this.#issue([host]) : await this.default();
    return { file, complaints };
  }

  /** Deletes the files that the configuration in force does not name. */
  keepOnly(files: ReadonlySet<string>): void {
    const kept = new Set([...files, ...this.#issued.values()].map((file) => basename(file)));
    for (const name of readdirSync(this.#directory))
      if (!kept.has(name)) rmSync(join(this.#directory, name), { force: true });
  }

  async #issue(hosts: readonly string[]): Promise<string> {
    const name = hosts.join(" ");
    const there = this.#issued.get(name);
    if (there !== undefined) return there;
    // Common names are limited to 64 characters, host names are not: clients read the alternative names only.
    const { certificate, key } = await this.#authority.issue("socle-lane-site", { hosts });
    const file = this.#write(`${certificate.trim()}\n${key}`);
    this.#issued.set(name, file);
    return file;
  }

  #write(pem: string): string {
    const file = join(this.#directory, `${createHash("sha256").update(pem).digest("hex").slice(0, 24)}.pem`);
    writeFileSync(file, pem, { mode: 0o600 });
    return file;
  }
}

interface SiteCertificate {
  readonly file: string;
  readonly complaints: readonly string[];
}

/**
 * Chain and key of a Secret, written anew from what was understood of them: one that nginx cannot load would keep every other site from changing.
 * @throws Error that says what is wrong, and nothing of the content.
 */
function pemOf({ data = {} }: TlsSecret, host: string): string {
  const text = (name: string): string => Buffer.from(data[name] ?? "", "base64").toString("utf8");
  const blocks = text("tls.crt").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const chain = blocks.map((block) => new X509Certificate(block));
  const [leaf] = chain;
  if (leaf === undefined) throw new Error("there is no certificate in tls.crt");
  const key = createPrivateKey(text("tls.key"));
  if (!leaf.checkPrivateKey(key)) throw new Error("tls.key does not belong to tls.crt");
  if (leaf.checkHost(host) === undefined) throw new Error("it was issued for other names");
  const cert = chain.map((certificate) => certificate.toString().trim()).join("\n");
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  createSecureContext({ cert, key: pem });
  return `${cert}\n${pem}`;
}
