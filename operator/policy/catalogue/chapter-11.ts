import type { Check } from "../check.ts";
import { physicalSecurity } from "../checks/qualifications.ts";
import { attested, row } from "./row.ts";

/** Physical security. */
export const chapter11: readonly Check[] = [
  row({
    id: "11-01",
    requirement: "11",
    title: {
      en: "The sites of the provider are covered by a proof that is valid today",
      fr: "Les sites du fournisseur sont couverts par une preuve valable à ce jour",
    },
    severity: "high",
    mode: "attested",
    layer: "infrastructure",
    mappings: { iso27001: ["A.7"] },
    evaluation: physicalSecurity,
  }),
  row({
    id: "11-02",
    requirement: "11.2.2",
    title: {
      en: "The places from which the platform is administered are protected",
      fr: "Les lieux d'où la plateforme est administrée sont protégés",
    },
    severity: "medium",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.7.2"] },
    evaluation: attested,
  }),
];
