import {
  accountPart,
  type Applied,
  appliedAttribute,
  appliedIn,
  appliedText,
  enabledPart,
  goesWithDigests,
  only,
  wishes,
} from "./applied.ts";
import { flowChanges, flowRepresentations } from "./flows.ts";
import type { ObservedRealm, RealmChange, Representation } from "./keycloak-api.ts";
import { differences } from "./normalise.ts";
import { profileChanges, profileKey, profileProvider } from "./profile-plan.ts";
import type { RealmDesired } from "./realm-desired.ts";

export const markerAttribute = "socle.dev/owner";

export type RealmPlan =
  | { readonly kind: "refused"; readonly reason: "NotOwned"; readonly message: string }
  | {
      readonly kind: "plan";
      readonly changes: readonly RealmChange[];
      /** Fields that somebody else changed. A new wish of ours, and unfinished work on it, are no drift. */
      readonly drift: readonly string[];
    };

export interface RealmPlanInput {
  readonly desired: RealmDesired;
  readonly observed: ObservedRealm;
  readonly adopt: boolean;
  /** False: what somebody else changed is reported and left. A new wish of ours is applied all the same. */
  readonly correct: boolean;
  /** `serviceAccountRepair` where the realm refuses its own account. */
  readonly repair?: RealmChange;
}

/**
 * What makes an existing realm as desired. A realm with another's mark is never touched; one without a mark only on adoption.
 *
 * Order, safe when the process dies between any two changes: settings are written together with their digests. The digests of
 * new wishes that take requests of their own are taken out before the first of these and written after the last, so that what a
 * crash leaves is ours to finish, even if the wish has become the old one again by then.
 */
export function realmPlan(input: RealmPlanInput): RealmPlan {
  const { desired, observed, correct } = input;
  const refusal = refusalOf(input);
  if (refusal !== undefined) return refusal;
  const wished = wishes(desired);
  // What is not marked as ours says nothing about what we did.
  const applied: Applied = observed.marker === desired.marker ? appliedIn(observed) : new Map();
  const isNew = (part: string): boolean =>
    applied.get(part) !== wished.get(part) || (part === enabledPart && !observed.enabled);
  const repair = input.repair === undefined ? [] : [input.repair];
  const [newRepair, oldRepair] = isNew(accountPart(desired)) ? [repair, []] : [[], repair];
  const news = only(desired, isNew);
  const newWork = [...ownRequests(news, observed), ...newRepair];
  const begun: Applied = new Map([...wished].filter(([part]) => goesWithDigests(part) || !isNew(part)));
  const touched = correct ? desired : news;
  const write = { desired: touched, observed };
  const changes = [
    ...realmChanges({ ...write, applied: newWork.length > 0 ? begun : wished }),
    ...(correct ? [...ownRequests(desired, observed), ...repair] : newWork),
    ...(newWork.length > 0 ? [digestsChange({ ...write, applied: wished })] : []),
  ];
  const held = only(desired, (part) => !isNew(part));
  const changed = [...ownRequests(held, observed), ...oldRepair].flatMap(({ fields }) => fields);
  return { kind: "plan", changes, drift: [...realmFields(held, observed), ...changed] };
}

function refusalOf({ desired, observed, adopt }: RealmPlanInput): RealmPlan | undefined {
  if (observed.marker === desired.marker || (observed.marker === undefined && adopt)) return undefined;
  const whose = observed.marker === undefined ? "carries no mark of Socle" : "is marked as somebody else's";
  return {
    kind: "refused",
    reason: "NotOwned",
    message: `Realm ${desired.realm} exists and ${whose}; choose another realmName${observed.marker === undefined ? ", or set adoptionPolicy Adopt" : ""}.`,
  };
}

/** What is not written by a PUT of the realm itself. */
function ownRequests(desired: RealmDesired, observed: ObservedRealm): RealmChange[] {
  return [
    ...profileChanges(desired.userProfile, observed),
    ...roleChanges(desired, observed),
    ...groupChanges(desired, observed),
    ...actionChanges(desired, observed),
    ...flowChanges(desired.flows, observed),
  ];
}

interface RealmWrite {
  readonly desired: RealmDesired;
  readonly observed: ObservedRealm;
  /** The digests that hold once it is written. */
  readonly applied: Applied;
}

function liveAttributes({ representation }: ObservedRealm): Representation {
  return (representation["attributes"] ?? {}) as Representation;
}

function realmFields({ settings, attributes }: RealmDesired, observed: ObservedRealm): string[] {
  return [
    ...differences(settings, observed.representation, "realm"),
    ...differences(attributes, liveAttributes(observed), "realm.attributes"),
  ];
}

function realmChanges(write: RealmWrite): RealmChange[] {
  const { desired, observed } = write;
  const marked = { ...desired, attributes: { ...desired.attributes, [markerAttribute]: desired.marker } };
  const fields = realmFields(marked, observed);
  if (fields.length > 0) {
    const body = { ...desired.settings, attributes: attributesAfter(write) };
    return [{ kind: "update", method: "PUT", path: "", body, fields, why: "settings of the realm differ" }];
  }
  return liveAttributes(observed)[appliedAttribute] === appliedText(write.applied) ? [] : [digestsChange(write)];
}

function digestsChange(write: RealmWrite): RealmChange {
  const why = "the realm says what was applied to it";
  return { kind: "update", method: "PUT", path: "", body: { attributes: attributesAfter(write) }, fields: [], why };
}

/** The map of attributes is replaced as a whole by the server, so those of others go along. */
function attributesAfter({ desired, observed, applied }: RealmWrite): Representation {
  return { ...liveAttributes(observed), ...desired.attributes, ...ownAttributes(desired, applied) };
}

function ownAttributes({ marker }: RealmDesired, applied: Applied): Representation {
  return { [markerAttribute]: marker, [appliedAttribute]: appliedText(applied) };
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
    attributes: { ...desired.attributes, ...ownAttributes(desired, wishes(desired)) },
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
