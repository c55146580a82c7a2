import { attributesOf, type ProfileAttribute } from "./applied.ts";
import type { ObservedRealm, RealmChange, Representation } from "./keycloak-api.ts";
import { differences } from "./normalise.ts";

/** Where a realm keeps its user profile: as text in a component. */
export const profileProvider = "org.keycloak.userprofile.UserProfileProvider";
export const profileKey = "kc.user.profile.config";

/** What makes the user profile have these attributes. It is replaced as a whole by the server, so those that others declared go along. Pure. */
export function profileChanges(wishedFor: Representation, { representation }: ObservedRealm): RealmChange[] {
  const components = (representation["components"] ?? {}) as Readonly<
    Record<string, readonly { readonly config?: Readonly<Record<string, readonly string[]>> }[]>
  >;
  const text = components[profileProvider]?.[0]?.config?.[profileKey]?.[0];
  const live = text === undefined ? undefined : (JSON.parse(text) as Representation);
  const wanted = profileByName(wishedFor);
  const fields = differences(wanted, profileByName(live ?? {}), "userProfile");
  if (fields.length === 0) return [];
  const kept = attributesOf(live ?? {}).map((found) => wanted[found.name] ?? found);
  const missing = attributesOf(wishedFor).filter(({ name }) => !kept.some((one) => one.name === name));
  const body = { ...wishedFor, ...live, attributes: [...kept, ...missing] };
  const why = "the user profile differs";
  return [{ kind: "sub-resource", method: "PUT", path: "/users/profile", body, fields, why }];
}

function profileByName(profile: Representation): Readonly<Record<string, ProfileAttribute | undefined>> {
  return Object.fromEntries(attributesOf(profile).map((attribute) => [attribute.name, attribute]));
}
