/** Levels of assurance as ProConnect names them since June 2026, weakest first. */
export const assuranceLevels = ["eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3"] as const;
export type AssuranceLevel = (typeof assuranceLevels)[number];

/** Each is a scope and the one claim that this scope opens. There is no family_name and no preferred_username, as in the real one. */
export const agentClaims = [
  "given_name",
  "usual_name",
  "email",
  "uid",
  "siret",
  "siren",
  "idp_id",
  "organizational_unit",
  "belonging_population",
  "phone",
] as const;
type AgentClaim = (typeof agentClaims)[number];

/** Somebody who can log in: what the identity provider of an administration says of an agent. */
export type Agent = Readonly<Record<Exclude<AgentClaim, "phone">, string>> & {
  readonly phone?: string | undefined;
  /** What the agent's identity provider can assert. The first one is asserted when nothing is asked for. */
  readonly assurances: readonly AssuranceLevel[];
};

const interior = {
  siret: "11001401500015",
  siren: "110014015",
  idp_id: "71144ab3-ee1a-4401-b7b3-79b44f7daeeb",
};

/** One agent per case that a tenant has to tell apart. */
export const defaultAgents: readonly Agent[] = [
  {
    ...interior,
    uid: "u-1001",
    given_name: "Angèle",
    usual_name: "Dupont-Léa",
    email: "angele.dupont@interieur.example",
    organizational_unit: "DNUM/Bureau 2",
    belonging_population: "agent",
    phone: "+33 1 23 45 67 89",
    assurances: ["eidas1", "eidas1-mfa"],
  },
  {
    ...interior,
    uid: "u-1002",
    given_name: "Bob",
    usual_name: "Martin",
    email: "bob.martin@interieur.example",
    organizational_unit: "DGPN",
    belonging_population: "prestataire",
    assurances: ["eidas1"],
  },
  {
    ...interior,
    uid: "u-1003",
    given_name: "Chloé",
    usual_name: "Faible",
    email: "chloe.faible@interieur.example",
    organizational_unit: "DNUM/Bureau 3",
    belonging_population: "agent",
    assurances: ["eidas0"],
  },
  {
    uid: "u-2001",
    given_name: "Ève",
    usual_name: "d’Ailleurs",
    email: "eve.dailleurs@autre.example",
    siret: "99999999900015",
    siren: "999999999",
    idp_id: "0d3ad5d8-9a4b-4d0a-8f2c-5f6f0f1f5a11",
    organizational_unit: "Direction générale",
    belonging_population: "agent",
    assurances: ["eidas1", "eidas2"],
  },
];
