import type { RealmDesired } from "../../keycloak/realm-desired.ts";
import { realmAccount } from "../tenant-realm.ts";
import { administratorRole, breakGlassRole, type LocalAccounts, loginFlows, type Mfa } from "./realm-flows.ts";

export interface RealmInput {
  readonly tenant: {
    readonly name: string;
    readonly displayName: string;
    readonly legalIdentifier: string;
    readonly contacts: readonly { readonly role: string; readonly email: string }[];
  };
  readonly spec: {
    readonly realmName?: string | undefined;
    readonly mfa?: Mfa | undefined;
    readonly localAccounts?: LocalAccounts | undefined;
    readonly sessionMaxHours?: number | undefined;
  };
  readonly marker: string;
}

const day = 86_400;
const eventDays = 180;
/** Keycloak's own, made ours: weakened by hand, they come back. */
const securityHeaders = {
  contentSecurityPolicy: "frame-src 'self'; frame-ancestors 'self'; object-src 'none';",
  referrerPolicy: "no-referrer",
  strictTransportSecurity: "max-age=31536000; includeSubDomains",
  xContentTypeOptions: "nosniff",
  xFrameOptions: "SAMEORIGIN",
  xRobotsTag: "none",
};
/** Attributes that ProConnect sends; undeclared ones would be dropped in silence. */
const agentAttributes = ["siret", "siren", "uid", "idp_id", "organizational_unit", "belonging_population"];

/** The realm of a public body: closed to self-registration, French, locked after failed logins, with events that expire. */
export function realmDesired({ tenant, spec, marker }: RealmInput): RealmDesired {
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
      { name: administratorRole, description: "Administers the suite of this body" },
      { name: breakGlassRole, description: "May log in with a password where local accounts are for emergencies" },
    ],
    groups: [
      { name: "agents", realmRoles: ["suite-user"] },
      { name: "administrators", realmRoles: ["suite-user", administratorRole] },
      { name: "break-glass", realmRoles: [breakGlassRole] },
    ],
    // Never a default action: it would fall on agents of an identity provider too. The login flow asks for the second factor.
    requiredActions: [
      { alias: "CONFIGURE_TOTP", enabled: true, defaultAction: false },
      { alias: "UPDATE_PASSWORD", enabled: true, defaultAction: false },
    ],
    flows: loginFlows(spec.mfa ?? "Required", spec.localAccounts ?? "Enabled"),
    serviceAccountClientId: realmAccount,
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
      groups: ["/administrators", "/break-glass"],
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
    refreshTokenMaxReuse: 0,
    sslRequired: "external",
    defaultSignatureAlgorithm: "RS256",
    passwordPolicy: "length(12) and notUsername(undefined) and passwordHistory(5)",
    otpPolicyType: "totp",
    otpPolicyAlgorithm: "HmacSHA1",
    otpPolicyDigits: 6,
    otpPolicyPeriod: 30,
    // The server takes the six of them together: one left out would be set to nought.
    otpPolicyLookAheadWindow: 1,
    otpPolicyCodeReusable: false,
    browserSecurityHeaders: securityHeaders,
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
    // Modules take people for whom their address says they are, so it is not theirs to change.
    { ...person("email", { validations: { email: {}, length: { max: 255 } } }), permissions: everybody },
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
