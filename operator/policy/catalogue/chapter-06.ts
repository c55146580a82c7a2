import type { Check } from "../check.ts";
import { byAttestation } from "../checks/attested.ts";
import { fourEyes, incompatibleRoles, namedContacts, separateDuties } from "../checks/duties.ts";
import { row } from "./row.ts";

/** Classes whose processing calls for an assessment of its impact (article 35 of the GDPR). */
const specialClasses = ["Sensitive", "Health"];

/** Organisation of security. */
export const chapter06: readonly Check[] = [
  row({
    id: "6-01",
    requirement: "6.1.b,e",
    title: {
      en: "A tenant names a data protection officer and a security officer beside its technical contact",
      fr: "Un locataire nomme un délégué à la protection des données et un responsable de la sécurité, distincts de son contact technique",
    },
    severity: "medium",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.5.2"], gdpr: ["37"] },
    evaluation: namedContacts,
  }),
  row({
    id: "6-02",
    requirement: "6.1.h",
    title: {
      en: "The impact on people is assessed where their data call for it",
      fr: "L'impact sur les personnes est analysé lorsque leurs données l'exigent",
    },
    severity: "high",
    mode: "mixed",
    layer: "tenant",
    mappings: { iso27001: ["A.5.2"], gdpr: ["35"] },
    parameters: { dataClasses: { value: specialClasses, source: "ours" } },
    evaluation: byAttestation({ id: "6-02", layer: "tenant", dataClasses: specialClasses }),
  }),
  row({
    id: "6-03",
    requirement: "6.2.a",
    title: { en: "Nobody holds two roles that exclude each other", fr: "Personne ne tient deux rôles incompatibles" },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.3"] },
    parameters: incompatibleRoles,
    evaluation: separateDuties,
  }),
  row({
    id: "6-04",
    requirement: "6.2.a",
    title: {
      en: "An exception is approved by somebody else than whoever asked for it",
      fr: "Une dérogation est approuvée par une autre personne que celle qui la demande",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.3"] },
    evaluation: fourEyes,
  }),
  row({
    id: "6-05",
    requirement: "6.5.b",
    title: {
      en: "Tenants are told in writing of a risky project before it begins",
      fr: "Les locataires sont prévenus par écrit d'un projet à risque avant son début",
    },
    severity: "medium",
    mode: "mixed",
    layer: "platform",
    mappings: { iso27001: ["A.5.8"] },
    evaluation: { status: "stage2", needs: "records of changes" },
  }),
];
