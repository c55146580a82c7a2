import type { BrokerFlow, BrokerGate } from "../keycloak/broker-desired.ts";
import type { FlowStep, Requirement } from "../keycloak/realm-desired.ts";

/** How an account that has the address of a newcomer is treated: nobody gets into it, or whoever can show that it is theirs. */
export type Linking = "Never" | "TrustedAddress" | "OwnPassword";

/** What everybody who comes in has to fit. */
export interface AdmissionRule {
  /** Attribute of the account that nobody but the provider sets. */
  readonly attribute: "siret" | "email";
  /** A regular expression for the whole of it, as both Java and JavaScript read it. */
  readonly pattern: string;
}

export interface FlowsInput {
  readonly alias: string;
  readonly linking: Linking;
  /** None: whoever the provider knows is admitted. */
  readonly rules: readonly AdmissionRule[];
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
  siret:
    "Votre organisme n'a pas accès à cet espace. Vérifiez l'établissement choisi chez votre fournisseur d'identité, ou contactez l'administrateur de votre suite.",
  email:
    "Votre adresse électronique n'est pas de celles que ce fournisseur d'identité peut présenter ici. Contactez l'administrateur de votre suite.",
  accountExists:
    "Un compte porte déjà votre adresse électronique et n'est pas relié à ce fournisseur d'identité, ou celui-ci n'a transmis aucune adresse. Contactez l'administrateur de votre suite.",
} as const;

const inEnglish = {
  siret: "Your organisation has no access to this space. Contact the administrator of your suite.",
  email: "Your e-mail address is none that this provider may vouch for here. Contact the administrator of your suite.",
} as const;

/** What happens when a provider presents somebody for the first time, and after each login through it. Dots are in no alias, so that no two providers share a flow. */
export function brokerFlows({ alias, linking, rules }: FlowsInput): readonly BrokerFlow[] {
  const first = { binding: "firstBrokerLoginFlowAlias" as const, alias: `socle-${alias}.first-login` };
  const account = [authenticator("idp-create-user-if-unique", "ALTERNATIVE"), existing(linking)];
  if (rules.length === 0) return [{ ...first, steps: account }];
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
        ...rules.map((rule) =>
          flow(`other ${rule.attribute}`, "CONDITIONAL", [breaks(rule), refuse(refusals[rule.attribute])]),
        ),
        authenticator("allow-access-authenticator", "REQUIRED"),
      ],
    },
  ];
}

/** Name of the attribute by which the gate of a provider knows a newcomer. Each provider has its own: another may admit others. */
export const gateAttribute = (alias: string, { attribute }: Pick<AdmissionRule, "attribute">): string =>
  `socle.${alias}.${attribute}`;

/**
 * Whoever breaks a rule has a profile that cannot be kept, and so no account. The attributes are for this moment only, hence hidden: who may come
 * in is judged after every login by what nobody but the provider can set.
 */
export function brokerGate(alias: string, rules: readonly AdmissionRule[]): BrokerGate {
  const title = "loginIdpReviewProfileTitle";
  const key = ({ attribute }: AdmissionRule): string => `socleRefused.${attribute}`;
  const texts = (words: Readonly<Record<AdmissionRule["attribute"], string>>): Record<string, string> =>
    Object.fromEntries(rules.map((rule) => [key(rule), quoted(words[rule.attribute])]));
  return {
    attributes: rules.map((rule) => ({
      name: gateAttribute(alias, rule),
      displayName: rule.attribute,
      multivalued: false,
      permissions: { view: ["admin", "user"], edit: ["admin", "user"] },
      annotations: { inputType: "html5-hidden" },
      validations: { pattern: { pattern: `^(?:${rule.pattern})$`, "error-message": `\${${key(rule)}}` } },
    })),
    texts: {
      fr: {
        [title]: quoted("Accès refusé : vous n'avez pas accès à cet espace, ou votre profil est à corriger"),
        ...texts(refusals),
      },
      en: {
        [title]: "Access denied: you have no access to this space, or your profile has to be corrected",
        ...texts(inEnglish),
      },
    },
  };
}

/** The server takes an apostrophe for the beginning of a quotation (java.text.MessageFormat). */
function quoted(words: string): string {
  return words.replaceAll("'", "''");
}

function breaks({ attribute, pattern }: AdmissionRule): FlowStep {
  return authenticator("conditional-user-attribute", "REQUIRED", {
    attribute_name: attribute,
    attribute_expected_value: pattern,
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
