import type { FlowDesired, FlowStep, Requirement } from "../../keycloak/realm-desired.ts";

/** Role whose holders are administrators. */
export const administratorRole = "suite-administrator";
/** Role whose holders may log in with a password where local accounts are for break-glass only. */
export const breakGlassRole = "break-glass";

export type Mfa = "Required" | "RequiredForAdmins" | "Optional";
export type LocalAccounts = "Enabled" | "BreakGlassOnly";

const authenticator = (name: string, requirement: Requirement): FlowStep => ({
  kind: "authenticator",
  name,
  requirement,
});
const flow = (name: string, requirement: Requirement, steps: readonly FlowStep[]): FlowStep => ({
  kind: "flow",
  name,
  requirement,
  steps,
});
const role = (condUserRole: string, is: "held" | "not held"): FlowStep => ({
  kind: "authenticator",
  name: "conditional-user-role",
  requirement: "REQUIRED",
  config: { condUserRole, negate: String(is === "not held") },
});

/** A REQUIRED code makes whoever has none enrol on the spot: taking away a required action by hand changes nothing. */
const code = authenticator("auth-otp-form", "REQUIRED");
const enrolled = authenticator("conditional-user-configured", "REQUIRED");
const deny = authenticator("deny-access-authenticator", "REQUIRED");

/**
 * Login by session, by an identity provider, or by password with what `mfa` and `localAccounts` ask for. Both settings bind local
 * accounts only: whoever comes from an identity provider passes none of the password's steps. The password grant, which knows no
 * second factor worth the name, gives nobody a token.
 */
export function loginFlows(mfa: Mfa, localAccounts: LocalAccounts): readonly FlowDesired[] {
  const password = [
    authenticator("auth-username-password-form", "REQUIRED"),
    ...(localAccounts === "BreakGlassOnly"
      ? [flow("others than break-glass", "CONDITIONAL", [role(breakGlassRole, "not held"), deny])]
      : []),
    ...secondFactor(mfa),
  ];
  return [
    {
      binding: "browserFlow",
      alias: "socle-browser",
      steps: [
        authenticator("auth-cookie", "ALTERNATIVE"),
        authenticator("identity-provider-redirector", "ALTERNATIVE"),
        flow("password", "ALTERNATIVE", password),
      ],
    },
    { binding: "directGrantFlow", alias: "socle-direct-grant", steps: [deny] },
  ];
}

function secondFactor(mfa: Mfa): readonly FlowStep[] {
  if (mfa === "Required") return [code];
  if (mfa === "Optional") return [flow("enrolled", "CONDITIONAL", [enrolled, code])];
  return [
    flow("administrators", "CONDITIONAL", [role(administratorRole, "held"), code]),
    flow("enrolled", "CONDITIONAL", [role(administratorRole, "not held"), enrolled, code]),
  ];
}
