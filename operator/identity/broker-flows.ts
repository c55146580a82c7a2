import type { BrokerFlow } from "../keycloak/broker-desired.ts";
import type { FlowStep, Requirement } from "../keycloak/realm-desired.ts";

/** How an account that has the address of a newcomer is treated: nobody gets into it, or whoever can show that it is theirs. */
export type Linking = "Never" | "TrustedAddress" | "OwnPassword";

export interface FlowsInput {
  readonly alias: string;
  readonly linking: Linking;
  /** A regular expression that attribute `siret` of the account has to fit, whole; absent: whoever the provider knows is admitted. */
  readonly siret?: string;
}

const authenticator = (
  name: string,
  requirement: Requirement,
  config?: Readonly<Record<string, string>>,
): FlowStep => ({
  kind: "authenticator",
  name,
  requirement,
  ...(config === undefined ? {} : { config }),
});
const flow = (name: string, requirement: Requirement, steps: readonly FlowStep[]): FlowStep => ({
  kind: "flow",
  name,
  requirement,
  steps,
});
const refuse = (denyErrorMessage: string): FlowStep =>
  authenticator("deny-access-authenticator", "REQUIRED", { denyErrorMessage });

/** Said to people, hence in French. */
export const refusals = {
  otherOrganisation:
    "Votre organisme n'a pas accès à cet espace. Vérifiez l'établissement choisi chez votre fournisseur d'identité, ou contactez l'administrateur de votre suite.",
  accountExists:
    "Un compte porte déjà votre adresse électronique et n'est pas relié à ce fournisseur d'identité. Contactez l'administrateur de votre suite.",
} as const;

/** What happens when a provider presents somebody for the first time, and after each login through it. Dots are in no alias, so that no two providers share a flow. */
export function brokerFlows({ alias, linking, siret }: FlowsInput): readonly BrokerFlow[] {
  return [
    {
      binding: "firstBrokerLoginFlowAlias",
      alias: `socle-${alias}.first-login`,
      steps: [authenticator("idp-create-user-if-unique", "ALTERNATIVE"), existing(linking)],
    },
    ...(siret === undefined
      ? []
      : [
          {
            binding: "postBrokerLoginFlowAlias" as const,
            alias: `socle-${alias}.after-login`,
            steps: [flow("other organisation", "CONDITIONAL", [elsewhere(siret), refuse(refusals.otherOrganisation)])],
          },
        ]),
  ];
}

function elsewhere(siret: string): FlowStep {
  return authenticator("conditional-user-attribute", "REQUIRED", {
    attribute_name: "siret",
    attribute_expected_value: siret,
    regex: "true",
    not: "true",
    include_group_attributes: "false",
  });
}

function existing(linking: Linking): FlowStep {
  if (linking === "TrustedAddress") return authenticator("idp-auto-link", "ALTERNATIVE");
  if (linking === "Never") return flow("account exists", "ALTERNATIVE", [refuse(refusals.accountExists)]);
  return flow("account exists", "ALTERNATIVE", [
    authenticator("idp-confirm-link", "REQUIRED"),
    authenticator("idp-username-password-form", "REQUIRED"),
    flow("enrolled", "CONDITIONAL", [
      authenticator("conditional-user-configured", "REQUIRED"),
      authenticator("auth-otp-form", "REQUIRED"),
    ]),
  ]);
}
