import { randomBytes } from "node:crypto";
import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import type { KubeApi, KubeObject } from "../kube/kube-api.ts";
import { TerminalError, WaitingError } from "../runtime/errors.ts";
import type { Clock } from "../runtime/reconciler.ts";
import { selfSigned } from "./self-signed.ts";

/** Decoded values of a Secret. */
export type SecretData = Readonly<Record<string, string>>;

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** What a generated Secret should hold; values are made once and kept. */
export interface GeneratedSecret {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly random: Readonly<Record<string, number>>;
  readonly plain: Readonly<Record<string, string>>;
  /** Absent = Opaque. */
  readonly type?: string;
  readonly certificate?: { readonly names: readonly string[] };
  /** It was seen before, as far as anybody remembers: it is read, and made only if it is not there. */
  readonly seen?: boolean;
  /** Labels that say whose it is; a Secret of that name without them is somebody else's. */
  readonly ownerLabels: Readonly<Record<string, string>>;
  readonly signingKeys?: readonly string[];
  readonly copies?: Readonly<Record<string, SecretSource>>;
  /** It is others' to make. */
  readonly foreign?: boolean;
  /** It was made and used before: only a backup brings back what it held. */
  readonly irreplaceable?: boolean;
}

/** One key of another Secret. */
export interface SecretSource {
  readonly from: GeneratedSecret;
  readonly key: string;
}

/** Names one key of a Secret that people made. */
export interface HandedKey {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

export interface SecretStorePorts {
  readonly kube: KubeApi;
  /** Told every value, so that logs can hide it. */
  readonly onSecret: (value: string) => void;
  readonly clock: Clock;
}

/**
 * Secrets that Socle generates: made once by create, which is the lock, and read back by direct GET; never overwritten.
 * Values stay in this process after the first read, so that probes cost the API server nothing.
 */
export class SecretStore {
  readonly #ports: SecretStorePorts;
  readonly #known = new Map<string, SecretData>();

  constructor(ports: SecretStorePorts) {
    this.#ports = ports;
  }

  /**
   * The values of a generated Secret; makes it if it is absent. A key that is missing from an existing Secret is an error, not
   * a reason to write: a new value beside an old database would lock the tenant out.
   */
  async ensure(wanted: GeneratedSecret): Promise<SecretData> {
    if (wanted.foreign === true) return await this.#existing(wanted, { otherwise: "does not exist." });
    if (wanted.irreplaceable === true) return await this.#existing(wanted, lost);
    // Whichever is more likely comes first: the other costs a request that is refused.
    const known = wanted.seen === true ? await this.read(wanted) : this.#known.get(keyOf(wanted));
    return known ?? this.#remember(wanted, await this.#create(wanted));
  }

  async #existing(
    wanted: GeneratedSecret,
    { otherwise, retryAfterMs }: { readonly otherwise: string; readonly retryAfterMs?: number },
  ): Promise<SecretData> {
    const found = await this.read(wanted);
    if (found !== undefined) return found;
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw new WaitingError("DependencyMissing", `Secret ${keyOf(wanted)} ${otherwise}`, options);
  }

  /** One key of a Secret that people keep, read anew each time: a mistake in it can be mended. */
  async handed({ namespace, name, key }: HandedKey): Promise<string> {
    const data = decodeSecret((await this.#get({ namespace, name }))?.data ?? {});
    const value = presentValue(data, { namespace, name, key }, { retryAfterMs: peopleTakeMs });
    this.#ports.onSecret(value);
    return value;
  }

  async #copied({ from, key }: SecretSource): Promise<string> {
    const { namespace, name } = from;
    const isPeoples = Object.keys(from.ownerLabels).length === 0;
    const data = isPeoples ? decodeSecret((await this.#get(from))?.data ?? {}) : await this.ensure(from);
    return presentValue(data, { namespace, name, key });
  }

  async #copies({ copies = {}, signingKeys = [] }: GeneratedSecret): Promise<Readonly<Record<string, string>>> {
    const entries: [string, string][] = [];
    for (const [key, source] of Object.entries(copies)) {
      const value = await this.#copied(source);
      if (signingKeys.includes(key) && !isSigningKey(value)) {
        throw new WaitingError(
          "InvalidSpec",
          `Key ${source.key} of Secret ${keyOf(source.from)} is no signing key of Matrix; it needs one line: ed25519, an identifier, and 43 characters of base64. Correct it, and this goes on by itself.`,
          { retryAfterMs: peopleTakeMs },
        );
      }
      entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }

  /** The values of a generated Secret, or undefined if there is none. Makes nothing. */
  async read(wanted: GeneratedSecret): Promise<SecretData | undefined> {
    const known = this.#known.get(keyOf(wanted));
    if (known !== undefined) return known;
    const live = await this.#get(wanted);
    return live === undefined ? undefined : this.#remember(wanted, live);
  }

  /** Forgets what was read: after a login was refused somebody may have changed the Secret, and after an end it may be gone. */
  forget(namespace: string, name?: string): void {
    for (const key of this.#known.keys()) {
      if (name === undefined ? key.startsWith(`${namespace}/`) : key === `${namespace}/${name}`)
        this.#known.delete(key);
    }
  }

  async #get(wanted: Pick<GeneratedSecret, "namespace" | "name">): Promise<SecretObject | undefined> {
    const ref: ObjectRef = { apiVersion: "v1", kind: "Secret", namespace: wanted.namespace, name: wanted.name };
    return await this.#ports.kube.get<SecretObject>(ref);
  }

  async #create(wanted: GeneratedSecret): Promise<SecretObject> {
    const copies = await this.#copies(wanted);
    try {
      const given = { ...(await this.#certificate(wanted)), ...copies };
      return await this.#ports.kube.create<SecretObject>(secretManifest(wanted, given));
    } catch (error) {
      // Most likely it exists. That is not always what the server says: a full quota is counted before the name is looked at.
      const live = await this.#get(wanted).catch(() => undefined);
      if (live === undefined) throw error;
      return live;
    }
  }

  async #certificate({ certificate }: GeneratedSecret): Promise<Readonly<Record<string, string>>> {
    if (certificate === undefined) return {};
    const made = await selfSigned({ ...certificate, days: certificateDays, now: this.#ports.clock.now() });
    return { "tls.crt": made.certificate, "tls.key": made.key, "ca.crt": made.authority };
  }

  #remember(wanted: GeneratedSecret, live: SecretObject): SecretData {
    const where = `Secret ${wanted.namespace}/${wanted.name}`;
    for (const [label, value] of Object.entries(wanted.ownerLabels)) {
      if (live.metadata.labels?.[label] !== value) {
        throw new TerminalError(
          "NotOwned",
          `${where} exists and is not ours (label ${label} is not ${value}); rename or remove it.`,
        );
      }
    }
    const data = decodeSecret(live.data ?? {});
    const certificateKeys = wanted.certificate === undefined ? [] : ["tls.crt", "tls.key", "ca.crt"];
    const { random, plain, signingKeys = [], copies = {} } = wanted;
    const ownKeys = [...Object.keys(random), ...signingKeys, ...Object.keys(copies)];
    for (const key of [...ownKeys, ...Object.keys(plain), ...certificateKeys]) {
      if ((data[key] ?? "") === "")
        throw new TerminalError("InvalidSpec", `${where} lacks the key ${key}; restore it from a backup.`);
    }
    for (const key of signingKeys.filter((name) => !isSigningKey((data[name] ?? "").trim()))) {
      throw new TerminalError("InvalidSpec", `${where}: ${key} is no signing key of Matrix; restore it from a backup.`);
    }
    const hidden = [...ownKeys, ...certificateKeys].filter((key) => !key.endsWith(".crt"));
    for (const key of hidden) this.#ports.onSecret(data[key] ?? "");
    this.#known.set(keyOf(wanted), data);
    return data;
  }
}

/** A newline at its end is what an editor leaves behind. */
function presentValue(
  data: SecretData,
  { namespace, name, key }: HandedKey,
  options: { readonly retryAfterMs?: number } = {},
): string {
  const value = (data[key] ?? "").replace(/\r?\n$/, "");
  if (value !== "") return value;
  const message = `Secret ${namespace}/${name} with key ${key} is missing; create it, and this goes on by itself.`;
  throw new WaitingError("DependencyMissing", message, options);
}

function keyOf({ namespace, name }: Pick<GeneratedSecret, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** Base64 values as text. People name the key that they mean, so nothing but what is there has one: `constructor` is no key of every Secret. */
export function decodeSecret(data: Readonly<Record<string, string>>): SecretData {
  const texts = Object.entries(data).map(
    ([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")] as const,
  );
  return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(texts));
}

/** Secrets of people are not watched, and what they mend takes them longer than a moment. */
const peopleTakeMs = 120_000;
const lost = {
  otherwise: "is gone, and another one would not do; restore it from a backup.",
  retryAfterMs: peopleTakeMs,
};

/** As long as an authority of the trade lives: both ends are ours, the client pins it, and nobody outside of the cluster can reach either. */
const certificateDays = 3_650;

function secretManifest(wanted: GeneratedSecret, given: Readonly<Record<string, string>>): Manifest {
  const random = Object.entries(wanted.random).map(([key, length]) => [key, randomText(length)]);
  const keys = (wanted.signingKeys ?? []).map((key) => [key, newSigningKey()]);
  const text = {
    ...Object.fromEntries([...random, ...keys]),
    ...wanted.plain,
    ...given,
  } as Record<string, string>;
  return {
    ...secretShell(wanted),
    data: Object.fromEntries(Object.entries(text).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  };
}

/** The Secret without its values. */
export function secretShell({ name, namespace, type = "Opaque", labels, ownerLabels }: GeneratedSecret): Manifest {
  return {
    apiVersion: "v1",
    kind: "Secret",
    type,
    metadata: { name, namespace, labels: { ...labels, ...ownerLabels } },
  };
}

/** That many characters of the URL-safe base64 alphabet from the CSPRNG: 6 bits each. */
function randomText(length: number): string {
  return randomBytes(Math.ceil((length * 3) / 4))
    .toString("base64url")
    .slice(0, length);
}

/**
 * The key with which a homeserver signs what it says, as one line of its key file. Names of keys are told apart for ever by the servers that
 * saw them, so each has a name of its own. (Matrix specification, server-server API, "Retrieving server keys".)
 */
function newSigningKey(): string {
  const seed = randomBytes(32).toString("base64").replace(/=+$/, "");
  return `ed25519 a_${randomBytes(3).toString("hex")} ${seed}`;
}

function isSigningKey(line: string): boolean {
  return /^ed25519 [A-Za-z0-9_]+ [A-Za-z0-9+/]{43}$/.test(line);
}
