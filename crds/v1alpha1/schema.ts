import { z } from "zod";

/** One CEL rule: what must hold, and the sentence that a person reads when it does not. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** Attaches CEL rules to a schema; rules that it carries already stay, and come first. */
export function rules<T extends z.ZodType>(schema: T, ...added: readonly CelRule[]): T {
  const meta = (schema.meta() ?? {}) as { "x-kubernetes-validations"?: CelRule[] };
  return schema.meta({ ...meta, "x-kubernetes-validations": [...(meta["x-kubernetes-validations"] ?? []), ...added] });
}

/**
 * A field that keeps the value it was created with. The API server asks the rule only where old and new object both hold
 * the field: adding and removing an optional one needs a rule on its parent.
 */
export function immutable<T extends z.ZodType>(schema: T, field: string): T {
  return rules(schema, { rule: "self == oldSelf", message: `${field} cannot change` });
}

/** Text with the meaning that documentation shows. Unlike zod's own describe(), it keeps the rules that the schema carries. */
export function described<T extends z.ZodType>(schema: T, description: string): T {
  return schema.meta({ ...schema.meta(), description });
}

/** A list without repeated items. */
export function setOf<T extends z.ZodType>(item: T, min: number, max: number): z.ZodArray<T> {
  return z.array(item).min(min).max(max).meta({ "x-kubernetes-list-type": "set" });
}

/** A list whose items are told apart by keys: two writers may each own entries of it. */
export function mapOf<T extends z.ZodType>(
  item: T,
  keys: readonly string[],
  size: { readonly min: number; readonly max: number },
): z.ZodArray<T> {
  const meta = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys };
  return z.array(item).min(size.min).max(size.max).meta(meta);
}

/**
 * Text of at most `max` characters. Every text has a bound: the API server prices CEL rules by the worst case. `says` is for whoever reads an
 * object without that server, which shows the pattern.
 */
export function text(max: number, pattern?: RegExp, says?: string): z.ZodString {
  const bounded = z.string().max(max);
  return pattern === undefined ? bounded : bounded.regex(pattern, says);
}

/** The name of a Kubernetes object: an RFC 1123 label. */
export function objectName(max = 63): z.ZodString {
  return text(max, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
}

/** A lower-case domain name with at least one dot; 200 characters, so that the longest host below it still fits into 253. */
export function domainName(max = 200): z.ZodString {
  return text(max, /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/);
}

/** An address as it may stand in a header and in a message to a mail server. Whether mail arrives there is not ours to know. */
export function emailAddress(): z.ZodString {
  const pattern = /^[A-Za-z0-9.!#&'*+/=?^_~-]+@[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$/;
  return text(254, pattern, "write one e-mail address in ASCII, without a name before it");
}

/** A size in Mi, Gi or Ti: something, and no more bytes than a program counts that has 63 bits for them. */
export function capacity(): z.ZodString {
  return text(16, /^[1-9][0-9]{0,5}(Mi|Gi|Ti)$/);
}

/** A version as upstreams write them, which is not always semver. It becomes a tag of an image and a label, which ends with a letter or a digit. */
export function versionText(): z.ZodString {
  return text(32, /^[A-Za-z0-9]([A-Za-z0-9._-]{0,30}[A-Za-z0-9])?$/);
}

const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
const byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
/** A name whose last label begins with a letter, as no address in any notation does; or an IPv4 address in the one that all read alike. */
const host = `((${label}\\.)*[a-z]([-a-z0-9]{0,61}[a-z0-9])?|${byte}(\\.${byte}){3})`;
const port = "(:([1-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?";

/** What a server is found by: a lower-case name, or an IPv4 address. It becomes part of addresses of databases and of mail. */
export function hostName(): z.ZodString {
  return text(253, new RegExp(`^${host}$`), "write a host name in lower case, or an IPv4 address, without a port");
}

/**
 * The http or https URL below which a service of the platform lies. Nothing in it is read as something else by whoever gets it: no account, no
 * query, no sign that a file of configuration, a header, a shell or Kubernetes has a use for.
 */
export function webUrl(max = 512): z.ZodString {
  const pattern = new RegExp(`^https?://${host}${port}(/([A-Za-z0-9_~-][A-Za-z0-9._~-]*)?)*$`);
  return text(max, pattern, "write http:// or https://, a host, perhaps a port and a path; no account and no query");
}

const document = `${host}${port}(/([A-Za-z0-9._~:@!*+,;=-]|%[0-9A-Fa-f]{2})*)*`;
const query = "(\\?([A-Za-z0-9._~:@!*+,;=&/?-]|%[0-9A-Fa-f]{2})*)?";

/** The http or https URL of one document of somebody else. */
export function documentUrl(max = 512): z.ZodString {
  return text(max, new RegExp(`^https?://${document}${query}$`), "write a plain http or https URL, without an account");
}

/** An https URL: what a tenant lets us fetch. */
export function secureUrl(max = 512): z.ZodString {
  return text(max, new RegExp(`^https://${document}${query}$`), "write a plain https URL, without an account");
}

/** Where a document of evidence is kept: an https URL, or a name that lasts when addresses change. */
export function evidenceUri(max = 512): z.ZodString {
  const name = "urn:[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]:([A-Za-z0-9._~:@!*+,;=&/-]|%[0-9A-Fa-f]{2})+";
  return text(
    max,
    new RegExp(`^(https://${document}${query}|${name})$`),
    "write a plain https URL without an account, or a URN",
  );
}

/** Hex digits of a SHA-256. */
export function sha256(): z.ZodString {
  return text(64, /^[0-9a-f]{64}$/);
}

const addressRange = "each entry is an address range in CIDR notation, e.g. 192.0.2.0/24 or 2001:db8::/32";

/** A set of at most 64 address ranges, IPv4 or IPv6; the API server parses each. */
export function cidrs(min: number): z.ZodArray<z.ZodString> {
  return rules(setOf(text(43, /^[0-9A-Fa-f:./]+$/), min, 64), {
    rule: "self.all(c, isCIDR(c))",
    message: addressRange,
  });
}

/** A reference by name. It never names a namespace: it resolves in that of the object, or in that of the operator. */
export function nameRef(meaning = "Object name"): z.ZodObject<{ name: z.ZodString }> {
  return z.object({ name: described(objectName(), meaning) });
}

/** A reference to one key of a Secret of the same namespace. */
export function keyRef(): z.ZodObject<{ name: z.ZodString; key: z.ZodString }> {
  return z.object({
    name: described(objectName(), "Secret in the same namespace"),
    key: described(text(63, /^[.]?[-_A-Za-z0-9][-._A-Za-z0-9]*$/), "Key in the Secret"),
  });
}

/** A moment, RFC 3339. CEL compares it as a timestamp. */
export function dateTime(): z.ZodString {
  return text(64).meta({ format: "date-time" });
}

/** A day, YYYY-MM-DD. CEL compares it as a timestamp. */
export function date(): z.ZodString {
  return text(10).meta({ format: "date" });
}
