import { describe, expect, it } from "vitest";
import { type RealmInput, realmDesired } from "./realm-representation.ts";

const tenant: RealmInput["tenant"] = {
  name: "meteo",
  displayName: "Ministère de la Météo",
  legalIdentifier: "SIREN:110070018",
  contacts: [
    { role: "DPO", email: "dpo@meteo.example" },
    { role: "SecurityOfficer", email: "rssi@meteo.example" },
  ],
};
const realm = (spec: RealmInput["spec"] = {}) => realmDesired({ tenant, spec, marker: "ours" });

const days = 86_400;

/** Every setting, with its value and the reason for it: a new one needs a row, and a changed one a new reason. */
const settings: readonly (readonly [string, unknown, string])[] = [
  ["enabled", true, "a realm of a living module serves logins"],
  ["displayName", "Ministère de la Météo", "people see whose login page it is"],
  ["registrationAllowed", false, "nobody makes an account for himself"],
  ["registrationEmailAsUsername", false, "there is no registration"],
  ["resetPasswordAllowed", false, "no mail is sent, and a mailbox is no proof of a person"],
  ["rememberMe", false, "sessions end on shared machines"],
  ["editUsernameAllowed", false, "applications know people by it"],
  ["duplicateEmailsAllowed", false, "accounts are matched by address"],
  ["loginWithEmailAllowed", true, "people know their address"],
  ["verifyEmail", false, "addresses come from the ministry"],
  ["bruteForceProtected", true, "guessing is slowed"],
  ["permanentLockout", false, "else anybody could lock anybody out"],
  ["failureFactor", 10, "typing errors pass, guessing does not"],
  ["maxFailureWaitSeconds", 900, "a locked account opens again within a quarter of an hour"],
  ["waitIncrementSeconds", 60, "each further failure costs a minute"],
  ["revokeRefreshToken", true, "a stolen refresh token shows when it is used twice"],
  ["refreshTokenMaxReuse", 0, "once is once"],
  ["sslRequired", "external", "the path from the ingress is inside the cluster"],
  ["defaultSignatureAlgorithm", "RS256", "every client library verifies it"],
  ["passwordPolicy", "length(12) and notUsername(undefined) and passwordHistory(5)", "long rather than complicated"],
  ["otpPolicyType", "totp", "works without a counter that can be lost"],
  ["otpPolicyAlgorithm", "HmacSHA1", "the one that all applications for codes know"],
  ["otpPolicyDigits", 6, "the one that all applications for codes know"],
  ["otpPolicyPeriod", 30, "the one that all applications for codes know"],
  ["otpPolicyLookAheadWindow", 1, "a code typed at the end of its time still counts; left out, the server sets 0"],
  ["otpPolicyCodeReusable", false, "a code seen over a shoulder is worth nothing"],
  [
    "browserSecurityHeaders",
    {
      contentSecurityPolicy: "frame-src 'self'; frame-ancestors 'self'; object-src 'none';",
      referrerPolicy: "no-referrer",
      strictTransportSecurity: "max-age=31536000; includeSubDomains",
      xContentTypeOptions: "nosniff",
      xFrameOptions: "SAMEORIGIN",
      xRobotsTag: "none",
    },
    "the login page lies in no frame of others",
  ],
  ["eventsEnabled", true, "logins can be traced"],
  ["eventsExpiration", 180 * days, "and are forgotten: 0 would keep them for ever"],
  ["adminEventsEnabled", true, "what administrators do can be traced"],
  ["adminEventsDetailsEnabled", false, "the details would carry personal data"],
  ["internationalizationEnabled", true, "pages come in the language of the person"],
  ["supportedLocales", ["en", "fr"], "languages of the platform"],
  ["defaultLocale", "fr", "the language of the administration"],
  ["accessTokenLifespan", 300, "a disabled account is out of the applications in five minutes"],
  ["ssoSessionIdleTimeout", 1800, "an unattended machine logs out after half an hour"],
  ["ssoSessionMaxLifespan", 36_000, "one login for a working day"],
];

describe("realmDesired", () => {
  it.each(settings)("%s is %j: %s", (key, value) => {
    expect(realm().settings[key]).toEqual(value);
  });

  it("sets nothing that has no reason above", () => {
    expect(Object.keys(realm().settings).toSorted()).toEqual(settings.map(([key]) => key).toSorted());
  });

  it("lets the events of administrators expire like those of logins", () => {
    expect(realm().attributes).toEqual({
      adminEventsExpiration: String(180 * days),
      "socle.dev/legal-identifier": "SIREN:110070018",
    });
  });

  it.each([1, 8, 24])("ends every session after %i hours, idle ones before", (sessionMaxHours) => {
    const { ssoSessionMaxLifespan, ssoSessionIdleTimeout } = realm({ sessionMaxHours }).settings;
    expect(ssoSessionMaxLifespan).toBe(sessionMaxHours * 3600);
    expect(Number(ssoSessionIdleTimeout)).toBeLessThan(Number(ssoSessionMaxLifespan));
  });

  it("takes the name of the spec before that of the tenant", () => {
    expect([realm().realm, realm({ realmName: "other" }).realm]).toEqual(["meteo", "other"]);
  });

  it("declares every claim of ProConnect, for the administration to write and not for the person", () => {
    const attributes = realm().userProfile["attributes"] as { name: string; permissions: { edit: string[] } }[];
    for (const name of ["siret", "siren", "uid", "idp_id", "organizational_unit", "belonging_population"])
      expect(attributes.find((attribute) => attribute.name === name)?.permissions.edit).toEqual(["admin"]);
  });

  it("makes no required action a default: it would fall on agents of an identity provider too", () => {
    for (const mfa of ["Required", "RequiredForAdmins", "Optional"] as const)
      expect(realm({ mfa }).requiredActions.map(({ defaultAction }) => defaultAction)).toEqual([false, false]);
  });

  it("gives its own account rights in the realm, none of them to impersonate", () => {
    expect(realm().serviceAccountRoles).toEqual([
      "view-realm",
      "manage-realm",
      "manage-clients",
      "manage-users",
      "manage-identity-providers",
      "view-events",
    ]);
  });

  it("makes the first administrator a break-glass account, or nobody could log in where local accounts are for that only", () => {
    expect(realm().firstAdministrator).toEqual({
      username: "first-administrator",
      email: "rssi@meteo.example",
      groups: ["/administrators", "/break-glass"],
    });
  });

  it("writes to nobody where the tenant names no security officer", () => {
    const desired = realmDesired({ tenant: { ...tenant, contacts: [] }, spec: {}, marker: "ours" });
    expect(desired.firstAdministrator.email).toBe("first-administrator@meteo.invalid");
  });

  it("is the same for the same input", () => {
    expect(JSON.stringify(realm())).toBe(JSON.stringify(realm()));
  });
});
