import type { BrokerFlow, BrokerGate } from "../keycloak/broker-desired.ts";
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
  const first = { binding: "firstBrokerLoginFlowAlias" as const, alias: `socle-${alias}.first-login` };
  const account = [authenticator("idp-create-user-if-unique", "ALTERNATIVE"), existing(linking)];
  if (siret === undefined) return [{ ...first, steps: account }];
  return [
    {
      ...first,
      // Whose profile breaks a rule gets no further than a page that says so, and no account: conditions could only read one that exists.
      steps: [
        authenticator("idp-review-profile", "REQUIRED", { "update.profile.on.first.login": "missing" }),
        flow("account", "REQUIRED", account),
      ],
    },
    {
      binding: "postBrokerLoginFlowAlias",
      alias: `socle-${alias}.after-login`,
      // A flow in which nothing succeeds has failed, so whoever is not refused is let in by a step of its own.
      steps: [
        flow("other organisation", "CONDITIONAL", [elsewhere(siret), refuse(refusals.otherOrganisation)]),
        authenticator("allow-access-authenticator", "REQUIRED"),
      ],
    },
  ];
}

/** Names of the attribute by which the gate of a provider knows an organisation. Each provider has its own: another may admit others. */
export const gateAttribute = (alias: string): string => `socle.${alias}.siret`;

/**
 * A newcomer of another organisation has a profile that cannot be kept, and so no account. The attribute is for this moment only, hence hidden:
 * who may come in later is judged by `siret`, which nobody but the provider can set.
 */
export function organisationGate(alias: string, siret: string): BrokerGate {
  const [title, rule] = ["loginIdpReviewProfileTitle", "socleOrganisationRefused"];
  return {
    attribute: {
      name: gateAttribute(alias),
      displayName: "SIRET",
      multivalued: false,
      permissions: { view: ["admin", "user"], edit: ["admin", "user"] },
      annotations: { inputType: "html5-hidden" },
      validations: { pattern: { pattern: `^(?:${siret})$`, "error-message": `\${${rule}}` } },
    },
    // The server takes an apostrophe for the beginning of a quotation (java.text.MessageFormat).
    texts: {
      fr: {
        [title]:
          "Accès refusé : votre organisme n''a pas accès à cet espace, ou une information de votre profil est à corriger",
        [rule]: refusals.otherOrganisation.replaceAll("'", "''"),
      },
      en: {
        [title]:
          "Access denied: your organisation has no access to this space, or something in your profile has to be corrected",
        [rule]: "Your organisation has no access to this space. Contact the administrator of your suite.",
      },
    },
  };
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
