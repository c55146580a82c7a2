import { createHash } from "node:crypto";
import type { ObservedRealm, Representation } from "./keycloak-api.ts";
import { canonicalText } from "./normalise.ts";
import type { RealmDesired } from "./realm-desired.ts";

/**
 * Realm attribute that says what we made true: one digest for each part of the wish. Where a part differs although its digest is
 * that of today's wish, somebody else changed it; where the digest is another or none, the wish is new or its work unfinished.
 * Made of a `RealmDesired` alone, so it holds nothing of a secret.
 */
export const appliedAttribute = "socle.dev/applied-hash";

/** Digests by part. */
export type Applied = ReadonlyMap<string, string>;

const partOf = {
  // The server takes the policy of codes whole or not at all, so it is wished for as a whole.
  setting: (key: string): string => `realm.${key.startsWith("otpPolicy") ? "otpPolicy" : key}`,
  attribute: (key: string): string => `realm.attributes.${key}`,
  profile: (name: string): string => `userProfile.${name}`,
  role: (name: string): string => `roles.${name}`,
  group: (name: string): string => `groups.${name}`,
  action: (alias: string): string => `requiredActions.${alias}`,
  flow: (binding: string): string => `flows.${binding}`,
};
export const enabledPart = partOf.setting("enabled");
export const accountPart = ({ serviceAccountClientId }: RealmDesired): string => `clients.${serviceAccountClientId}`;

/** One request writes these parts and the digests together; all others take requests of their own. */
export const goesWithDigests = (part: string): boolean => part.startsWith("realm.");

export interface ProfileAttribute extends Representation {
  readonly name: string;
}

export function attributesOf(profile: Representation): readonly ProfileAttribute[] {
  return (profile["attributes"] ?? []) as readonly ProfileAttribute[];
}

/** What is wished for today. The first administrator is no part of it: people's accounts are theirs from the first day on. */
export function wishes(desired: RealmDesired): Applied {
  const values: readonly (readonly [part: string, value: unknown])[] = [
    ...Object.entries(desired.settings).map(([key, value]) => [partOf.setting(key), { [key]: value }] as const),
    ...Object.entries(desired.attributes).map(([key, value]) => [partOf.attribute(key), value] as const),
    ...attributesOf(desired.userProfile).map((attribute) => [partOf.profile(attribute.name), attribute] as const),
    ...desired.roles.map((role) => [partOf.role(role.name), role] as const),
    ...desired.groups.map((group) => [partOf.group(group.name), group] as const),
    ...desired.requiredActions.map((action) => [partOf.action(action.alias), action] as const),
    ...desired.flows.map((flow) => [partOf.flow(flow.binding), flow] as const),
    [accountPart(desired), desired.serviceAccountClientId],
  ];
  const texts = new Map<string, string>();
  for (const [part, value] of values) texts.set(part, `${texts.get(part) ?? ""}${canonicalText(value)}`);
  return new Map([...texts].map(([part, text]) => [part, shortDigest(text)]));
}

/** The wish without the parts that are not taken. */
export function only(desired: RealmDesired, takes: (part: string) => boolean): RealmDesired {
  const { settings, attributes, userProfile } = desired;
  const fields = attributesOf(userProfile).filter(({ name }) => takes(partOf.profile(name)));
  return {
    ...desired,
    settings: pick(settings, (key) => takes(partOf.setting(key))),
    attributes: pick(attributes, (key) => takes(partOf.attribute(key))),
    userProfile: { ...userProfile, attributes: fields },
    roles: desired.roles.filter(({ name }) => takes(partOf.role(name))),
    groups: desired.groups.filter(({ name }) => takes(partOf.group(name))),
    requiredActions: desired.requiredActions.filter(({ alias }) => takes(partOf.action(alias))),
    flows: desired.flows.filter(({ binding }) => takes(partOf.flow(binding))),
  };
}

function pick<T>(map: Readonly<Record<string, T>>, takes: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => takes(key)));
}

/** What the realm says was applied. Whatever somebody else wrote there counts as nothing. */
export function appliedIn({ representation }: ObservedRealm): Applied {
  const attributes = (representation["attributes"] ?? {}) as Readonly<Record<string, string | undefined>>;
  const pairs = (attributes[appliedAttribute] ?? "").split(" ").map((pair) => pair.split("="));
  return new Map(pairs.map(([part = "", digest = ""]) => [part, digest]));
}

/** `part=digest`, separated by blanks, in one order. */
export function appliedText(applied: Applied): string {
  return [...applied]
    .map(([part, digest]) => `${part}=${digest}`)
    .sort()
    .join(" ");
}

/** Long enough that two wishes of one part never share it by chance. */
function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
