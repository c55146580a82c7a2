import { flowChanges, flowRepresentations } from "./flows.ts";
import type { ObservedRealm, RealmChange, Representation } from "./keycloak-api.ts";
import { differences } from "./normalise.ts";
import type { RealmDesired } from "./realm-desired.ts";

export const markerAttribute = "socle.dev/owner";
const profileProvider = "org.keycloak.userprofile.UserProfileProvider";
const profileKey = "kc.user.profile.config";

export type RealmPlan =
  | { readonly kind: "refused"; readonly reason: "NotOwned"; readonly message: string }
  | { readonly kind: "plan"; readonly changes: readonly RealmChange[]; readonly drift: readonly string[] };

/** What makes an existing realm as desired. A realm with another's mark is never touched; one without a mark only on adoption. */
export function realmPlan(input: {
  readonly desired: RealmDesired;
  readonly observed: ObservedRealm;
  readonly adopt: boolean;
}): RealmPlan {
  const { desired, observed, adopt } = input;
  if (observed.marker !== desired.marker && (observed.marker !== undefined || !adopt)) {
    const whose = observed.marker === undefined ? "carries no mark of Socle" : "is marked as somebody else's";
    return {
      kind: "refused",
      reason: "NotOwned",
      message: `Realm ${desired.realm} exists and ${whose}; choose another realmName${observed.marker === undefined ? ", or set adoptionPolicy Adopt" : ""}.`,
    };
  }
  const returning = !observed.enabled;
  const changes = [
    ...realmChanges(desired, observed),
    ...profileChanges(desired, observed),
    ...roleChanges(desired, observed),
    ...groupChanges(desired, observed),
    ...actionChanges(desired, observed),
    ...flowChanges(desired.flows, observed),
  ];
  const drift = changes.flatMap((change) => change.fields).filter((field) => !(returning && field === "realm.enabled"));
  return { kind: "plan", changes, drift };
}

function realmChanges(desired: RealmDesired, { representation }: ObservedRealm): RealmChange[] {
  const attributes = { ...desired.attributes, [markerAttribute]: desired.marker };
  const live = (representation["attributes"] ?? {}) as Representation;
  const fields = [
    ...differences(desired.settings, representation, "realm"),
    ...differences(attributes, live, "realm.attributes"),
  ];
  if (fields.length === 0) return [];
  // The map of attributes is replaced as a whole by the server, so those of others go along.
  const body = { ...desired.settings, attributes: { ...live, ...attributes } };
  return [{ kind: "update", method: "PUT", path: "", body, fields, why: "settings of the realm differ" }];
}

function profileChanges(desired: RealmDesired, { representation }: ObservedRealm): RealmChange[] {
  const components = (representation["components"] ?? {}) as Readonly<
    Record<string, readonly { readonly config?: Readonly<Record<string, readonly string[]>> }[]>
  >;
  const text = components[profileProvider]?.[0]?.config?.[profileKey]?.[0];
  const live = text === undefined ? undefined : (JSON.parse(text) as Representation);
  const fields = differences(profileByName(desired.userProfile), profileByName(live ?? {}), "userProfile");
  if (fields.length === 0) return [];
  // The profile is replaced as a whole by the server, so the attributes that the ministry declared go along.
  const wanted = attributesOf(desired.userProfile);
  const foreign = attributesOf(live ?? {}).filter((found) => !wanted.some(({ name }) => name === found.name));
  const body = { ...desired.userProfile, ...live, attributes: [...wanted, ...foreign] };
  const why = "the user profile differs";
  return [{ kind: "sub-resource", method: "PUT", path: "/users/profile", body, fields, why }];
}

interface ProfileAttribute extends Representation {
  readonly name: string;
}

function attributesOf(profile: Representation): readonly ProfileAttribute[] {
  return (profile["attributes"] ?? []) as readonly ProfileAttribute[];
}

function profileByName(profile: Representation): Readonly<Record<string, ProfileAttribute>> {
  return Object.fromEntries(attributesOf(profile).map((attribute) => [attribute.name, attribute]));
}

function roleChanges(desired: RealmDesired, { representation }: ObservedRealm): RealmChange[] {
  const live = ((representation["roles"] as Representation | undefined)?.["realm"] ?? []) as readonly {
    readonly name: string;
    readonly description?: string;
  }[];
  return desired.roles.flatMap((role): RealmChange[] => {
    const found = live.find((other) => other.name === role.name);
    if (found === undefined)
      return [
        {
          kind: "sub-resource",
          method: "POST",
          path: "/roles",
          body: role,
          fields: [`roles.${role.name}`],
          why: "a role is missing",
        },
      ];
    if (found.description === role.description) return [];
    return [
      {
        kind: "sub-resource",
        method: "PUT",
        path: `/roles/${encodeURIComponent(role.name)}`,
        body: role,
        fields: [`roles.${role.name}.description`],
        why: "a role differs",
      },
    ];
  });
}

function groupChanges(desired: RealmDesired, { representation }: ObservedRealm): RealmChange[] {
  const live = (representation["groups"] ?? []) as readonly {
    readonly name: string;
    readonly realmRoles?: readonly string[];
  }[];
  return desired.groups.flatMap((group): RealmChange[] => {
    const found = live.find((other) => other.name === group.name);
    const lacks = found === undefined || group.realmRoles.some((role) => found.realmRoles?.includes(role) !== true);
    return lacks
      ? [
          {
            kind: "group",
            method: "POST",
            path: "/groups",
            body: group,
            fields: [`groups.${group.name}`],
            why: "a group is missing or lacks a role",
          },
        ]
      : [];
  });
}

function actionChanges(desired: RealmDesired, { representation }: ObservedRealm): RealmChange[] {
  const live = (representation["requiredActions"] ?? []) as readonly (Representation & { readonly alias: string })[];
  return desired.requiredActions.flatMap((action): RealmChange[] => {
    const found = live.find((other) => other.alias === action.alias);
    const fields = found === undefined ? [] : differences(action, found, `requiredActions.${action.alias}`);
    if (fields.length === 0) return [];
    return [
      {
        kind: "sub-resource",
        method: "PUT",
        path: `/authentication/required-actions/${action.alias}`,
        body: { ...found, ...action },
        fields,
        why: "a required action differs",
      },
    ];
  });
}

/** The one POST that makes a whole realm with its own account. Client scopes stay out of it: with them, none of the built-in ones would be made. */
export function creationBody(
  desired: RealmDesired,
  secrets: { readonly serviceAccountSecret: string; readonly oneTimePassword: string },
): Representation {
  const { serviceAccountClientId: clientId, firstAdministrator: first } = desired;
  const bindings = Object.fromEntries(desired.flows.map((flow) => [flow.binding, flow.alias]));
  return {
    realm: desired.realm,
    ...desired.settings,
    attributes: { ...desired.attributes, [markerAttribute]: desired.marker },
    roles: { realm: desired.roles },
    groups: desired.groups,
    components: {
      [profileProvider]: [
        { providerId: "declarative-user-profile", config: { [profileKey]: [JSON.stringify(desired.userProfile)] } },
      ],
    },
    ...flowRepresentations(desired.flows),
    ...bindings,
    clients: [ownClient(desired, secrets.serviceAccountSecret)],
    users: [
      {
        username: `service-account-${clientId}`,
        enabled: true,
        serviceAccountClientId: clientId,
        clientRoles: { "realm-management": desired.serviceAccountRoles },
      },
      {
        username: first.username,
        email: first.email,
        emailVerified: true,
        enabled: true,
        firstName: "Première",
        lastName: "Administration",
        groups: first.groups,
        requiredActions: ["UPDATE_PASSWORD", "CONFIGURE_TOTP"],
        credentials: [{ type: "password", value: secrets.oneTimePassword, temporary: true }],
      },
    ],
  };
}

/** The client that the operator is in the realm: no redirect, no login of people, client credentials only. */
function ownClient(desired: RealmDesired, secret: string): Representation {
  return {
    clientId: desired.serviceAccountClientId,
    secret,
    name: "Socle",
    description: "The operator's own account in this realm",
    enabled: true,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    fullScopeAllowed: true,
  };
}

/** The realm's own account with its roles, and the secret that the cluster holds. */
export interface ServiceAccountWanted {
  readonly client: Representation;
  readonly roles: readonly string[];
}

/** For a realm of ours that refuses its own account: the Secret was lost and made anew, or somebody changed the client, its secret or its roles. */
export function serviceAccountRepair(desired: RealmDesired, serviceAccountSecret: string): RealmChange {
  const body: ServiceAccountWanted = {
    client: ownClient(desired, serviceAccountSecret),
    roles: desired.serviceAccountRoles,
  };
  return {
    kind: "service-account",
    method: "PUT",
    path: "/clients",
    body,
    fields: [`clients.${desired.serviceAccountClientId}`],
    why: "the realm refuses its own account",
  };
}

/** Disables the realm of a module that ends, or deletes it where erasure is due; only one that carries our mark. */
export function endRealmPlan(input: {
  readonly desired: RealmDesired;
  readonly observed: ObservedRealm | undefined;
  readonly erase: boolean;
}): RealmChange[] {
  const { desired, observed, erase } = input;
  if (observed?.marker !== desired.marker) return [];
  if (erase) return [{ kind: "delete", method: "DELETE", path: "", fields: [], why: "erasure is due" }];
  return observed.enabled
    ? [
        {
          kind: "disable",
          method: "PUT",
          path: "",
          body: { enabled: false },
          fields: ["realm.enabled"],
          why: "the module has ended; its data is kept",
        },
      ]
    : [];
}
