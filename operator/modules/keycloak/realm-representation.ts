import type { RealmDesired } from "../../keycloak/realm-desired.ts";

export interface RealmInput {
  readonly tenant: {
    readonly name: string;
    readonly displayName: string;
    readonly legalIdentifier: string;
    readonly contacts: readonly { readonly role: string; readonly email: string }[];
  };
  readonly spec: {
    readonly realmName?: string | undefined;
    readonly mfa?: "Required" | "RequiredForAdmins" | "Optional" | undefined;
    readonly localAccounts?: "Enabled" | "BreakGlassOnly" | undefined;
    readonly sessionMaxHours?: number | undefined;
  };
  readonly marker: string;
}

const day = 86_400;
const eventDays = 180;
/** Attributes that ProConnect sends; undeclared ones would be dropped in silence. */
const agentAttributes = ["siret", "siren", "uid", "idp_id", "organizational_unit", "belonging_population"];

/** The realm of a public body: closed to self-registration, French, locked after failed logins, with events that expire. */
export function realmDesired({ tenant, spec, marker }: RealmInput): RealmDesired {
  const mfa = spec.mfa ?? "Required";
  return {
    realm: spec.realmName ?? tenant.name,
    marker,
    settings: settings(tenant.displayName, spec.sessionMaxHours ?? 10),
    attributes: {
      adminEventsExpiration: String(eventDays * day),
      "socle.dev/legal-identifier": tenant.legalIdentifier,
    },
    userProfile: { attributes: profileAttributes(), groups: [] },
    roles: [
      { name: "suite-user", description: "May use the suite" },
      { name: "suite-administrator", description: "Administers the suite of this body" },
    ],
    groups: [
      { name: "agents", realmRoles: ["suite-user"] },
      { name: "administrators", realmRoles: ["suite-user", "suite-administrator"] },
    ],
    requiredActions: [
      { alias: "CONFIGURE_TOTP", enabled: true, defaultAction: mfa === "Required" },
      { alias: "UPDATE_PASSWORD", enabled: true, defaultAction: false },
    ],
    serviceAccountClientId: "socle-operator",
    serviceAccountRoles: [
      "view-realm",
      "manage-realm",
      "manage-clients",
      "manage-users",
      "manage-identity-providers",
      "view-events",
    ],
    firstAdministrator: {
      username: "first-administrator",
      email:
        tenant.contacts.find((contact) => contact.role === "SecurityOfficer")?.email ??
        `first-administrator@${tenant.name}.invalid`,
      groups: ["/administrators"],
    },
  };
}

function settings(displayName: string, sessionHours: number): Record<string, unknown> {
  return {
    enabled: true,
    displayName,
    registrationAllowed: false,
    registrationEmailAsUsername: false,
    resetPasswordAllowed: false,
    rememberMe: false,
    editUsernameAllowed: false,
    duplicateEmailsAllowed: false,
    loginWithEmailAllowed: true,
    verifyEmail: false,
    bruteForceProtected: true,
    permanentLockout: false,
    failureFactor: 10,
    maxFailureWaitSeconds: 900,
    waitIncrementSeconds: 60,
    revokeRefreshToken: true,
    sslRequired: "external",
    defaultSignatureAlgorithm: "RS256",
    passwordPolicy: "length(12) and notUsername(undefined) and passwordHistory(5)",
    otpPolicyType: "totp",
    otpPolicyAlgorithm: "HmacSHA1",
    otpPolicyDigits: 6,
    otpPolicyPeriod: 30,
    eventsEnabled: true,
    eventsExpiration: eventDays * day,
    adminEventsEnabled: true,
    adminEventsDetailsEnabled: false,
    internationalizationEnabled: true,
    supportedLocales: ["en", "fr"],
    defaultLocale: "fr",
    accessTokenLifespan: 300,
    ssoSessionIdleTimeout: 1800,
    ssoSessionMaxLifespan: sessionHours * 3600,
  };
}

function profileAttributes(): Record<string, unknown>[] {
  const everybody = { view: ["admin", "user"], edit: ["admin"] };
  const person = (name: string, extra: Record<string, unknown>) => ({
    name,
    permissions: { view: ["admin", "user"], edit: ["admin", "user"] },
    multivalued: false,
    ...extra,
  });
  return [
    person("username", {
      validations: {
        length: { min: 3, max: 255 },
        "username-prohibited-characters": {},
        "up-username-not-idn-homograph": {},
      },
    }),
    person("email", { validations: { email: {}, length: { max: 255 } } }),
    person("firstName", { validations: { length: { max: 255 }, "person-name-prohibited-characters": {} } }),
    person("lastName", { validations: { length: { max: 255 }, "person-name-prohibited-characters": {} } }),
    ...agentAttributes.map((name) => ({
      name,
      permissions: everybody,
      multivalued: false,
      validations: { length: { max: 255 } },
    })),
  ];
}
