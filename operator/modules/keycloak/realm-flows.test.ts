import { describe, expect, it } from "vitest";
import type { FlowStep } from "../../keycloak/realm-desired.ts";
import { type LocalAccounts, loginFlows, type Mfa } from "./realm-flows.ts";

/** Steps after the password, one line each: a flow in a flow is set in brackets. */
function afterPassword(mfa: Mfa, localAccounts: LocalAccounts): string[] {
  const password = loginFlows(mfa, localAccounts)[0]?.steps.find(({ name }) => name === "password");
  if (password?.kind !== "flow") throw new Error("There is no step for the password.");
  return password.steps.slice(1).map(line);
}

function line(step: FlowStep): string {
  if (step.kind === "flow") return `${step.requirement} [${step.steps.map(line).join(" → ")}]`;
  const { condUserRole = "", negate } = step.config ?? {};
  const role = condUserRole === "" ? "" : ` ${negate === "true" ? "not " : ""}${condUserRole}`;
  return `${step.name}${role}`;
}

const gate = "CONDITIONAL [conditional-user-role not break-glass → deny-access-authenticator]";
const administrators = "CONDITIONAL [conditional-user-role suite-administrator → auth-otp-form]";
const others =
  "CONDITIONAL [conditional-user-role not suite-administrator → conditional-user-configured → auth-otp-form]";
const enrolled = "CONDITIONAL [conditional-user-configured → auth-otp-form]";

describe("loginFlows", () => {
  it.each<[Mfa, LocalAccounts, string[]]>([
    ["Required", "Enabled", ["auth-otp-form"]],
    ["Required", "BreakGlassOnly", [gate, "auth-otp-form"]],
    ["RequiredForAdmins", "Enabled", [administrators, others]],
    ["RequiredForAdmins", "BreakGlassOnly", [gate, administrators, others]],
    ["Optional", "Enabled", [enrolled]],
    ["Optional", "BreakGlassOnly", [gate, enrolled]],
  ])("mfa %s, localAccounts %s", (mfa, localAccounts, steps) => {
    expect(afterPassword(mfa, localAccounts)).toEqual(steps);
  });

  it("lets a session or an identity provider through without the steps of the password", () => {
    expect(
      loginFlows("Required", "BreakGlassOnly")[0]?.steps.map(({ name, requirement }) => [name, requirement]),
    ).toEqual([
      ["auth-cookie", "ALTERNATIVE"],
      ["identity-provider-redirector", "ALTERNATIVE"],
      ["password", "ALTERNATIVE"],
    ]);
  });

  it("refuses the password grant whatever the settings", () => {
    for (const mfa of ["Required", "RequiredForAdmins", "Optional"] as const)
      for (const localAccounts of ["Enabled", "BreakGlassOnly"] as const)
        expect(loginFlows(mfa, localAccounts)[1]).toEqual({
          binding: "directGrantFlow",
          alias: "socle-direct-grant",
          steps: [{ kind: "authenticator", name: "deny-access-authenticator", requirement: "REQUIRED" }],
        });
  });
});
