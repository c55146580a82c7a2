import { BlockList, isIP } from "node:net";
import { notPublicRanges } from "../../constructs/network-peers.ts";

/** What a region lets be called beyond public hosts: `spec.identityProviders`. */
export interface Reach {
  readonly allowedHosts: readonly string[];
  readonly allowedCIDRs: readonly string[];
}

/** Why a URL that a tenant names may not be called, whatever its name resolves to; undefined: it may. Pure. */
export function urlProblem(text: string, reach: Reach): string | undefined {
  const url = parsed(text);
  if (url === undefined) return "it is no URL";
  if (!isPlain(text)) return plainly;
  if (url.protocol !== "https:") return "it is not https";
  if (url.username !== "" || url.password !== "") return "it carries a user name or password; leave them out";
  const host = hostOf(url);
  if (isIP(host) !== 0) return addressProblem(host, host, reach);
  if (isListed(host, reach)) return undefined;
  if (!host.includes(".") || clusterZones.some((zone) => host === zone || host.endsWith(`.${zone}`)))
    return `host ${host} is a name of this machine, the cluster or a closed network; the region may list it in identityProviders.allowedHosts`;
  return undefined;
}

/** RFC 3986 knows no other signs: what else stands in a URL (a line break, a backslash, a letter with an accent), each program reads in its own way. */
const signsOfUrls = /^[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]+$/;
/** Two slashes and a host: some programs look for it behind more of them, and in digits behind a percent sign. */
const beginningOfUrls = /^[A-Za-z]+:\/\/[A-Za-z0-9[][^/?#%]*([/?#]|$)/;
const plainly = "it has a sign or a beginning that programs read differently; write https, :// and the host in ASCII";

/** Whoever is handed this text goes to the host that was checked here. */
export function isPlain(text: string): boolean {
  return signsOfUrls.test(text) && beginningOfUrls.test(text);
}

/**
 * Why an address that a host resolved to may not be called. A host that the region lists may also be at the addresses that it lists; every
 * other has to be public. What Keycloak resolves later is held by its network policy, which knows the same addresses.
 */
export function addressProblem(host: string, address: string, reach: Reach): string | undefined {
  if (isPublic(address)) return undefined;
  const given = isIP(host) !== 0 || isListed(host, reach);
  if (given && within(reach.allowedCIDRs, address)) return undefined;
  const at = address === host ? `${address} is` : `host ${host} resolves to ${address}, which is`;
  return `${at} no public address; the region may list the host in identityProviders.allowedHosts and its addresses in allowedCIDRs`;
}

/** Host of a URL as addresses are compared: without brackets and the dot at the end. Every notation of an IPv4 address is one by now (WHATWG URL, "host parsing"). */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/** Names that lead nowhere on the internet (RFC 6761, RFC 6762, RFC 9476), or into the cluster. */
const clusterZones = ["localhost", "local", "internal", "svc", "cluster.local", "home.arpa", "alt"];

/** Ranges of IPv6 that embed or replace others, or are nobody's (IANA IPv6 special-purpose registry); the rest of 2000::/3 is public. */
const notPublicSix = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const closedFour = listOf(notPublicRanges);
const closedSix = listOf(notPublicSix);
const globalSix = listOf(["2000::/3"]);

function isPublic(address: string): boolean {
  const plain = unmapped(address);
  if (isIP(plain) === 4) return !closedFour.check(plain, "ipv4");
  return isIP(plain) === 6 && globalSix.check(plain, "ipv6") && !closedSix.check(plain, "ipv6");
}

/** ::ffff:a.b.c.d is the IPv4 address in it (RFC 4291, 2.5.5.2). */
function unmapped(address: string): string {
  const plain = (address.split("%")[0] ?? "").toLowerCase();
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) return plain;
  const [left, right] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [left >> 8, left & 255, right >> 8, right & 255].join(".");
}

function within(cidrs: readonly string[], address: string): boolean {
  const plain = unmapped(address);
  return listOf(cidrs).check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}

function listOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", length = ""] = cidr.split("/");
    list.addSubnet(network, Number(length), network.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}

function isListed(host: string, { allowedHosts }: Reach): boolean {
  return allowedHosts.includes(host.toLowerCase());
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
