import type { Check } from "../check.ts";
import { attested, row } from "./row.ts";

/** Third parties. */
export const chapter15: readonly Check[] = [
  row({
    id: "15-01",
    requirement: "15.1.a",
    title: {
      en: "Each registry, relay, identity provider and object store in use stands in the register of third parties, with its country and role",
      fr: "Chaque registre d'images, relais, fournisseur d'identité et stockage objet utilisé figure au registre des tiers, avec son pays et son rôle",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.19"], hds: ["EXI 05", "EXI 06"] },
    evaluation: { status: "stage2", needs: "a register of third parties, with country and role of each" },
  }),
  row({
    id: "15-02",
    requirement: "15.1.b",
    title: {
      en: "A change in the register of third parties was announced, with time to object",
      fr: "Tout changement au registre des tiers a été annoncé, avec un délai pour s'y opposer",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.19"], hds: ["EXI 05", "EXI 06"], gdpr: ["28"] },
    evaluation: { status: "stage2", needs: "a register of third parties that keeps its changes and their notices" },
  }),
  row({
    id: "15-03",
    requirement: "15.2, 15.3, 15.5",
    title: {
      en: "The contract with each third party is there and was reviewed within the year",
      fr: "Le contrat avec chaque tiers existe et a été revu dans l'année",
    },
    severity: "medium",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.5.20"], hds: ["EXI 05", "EXI 06"], gdpr: ["28"] },
    parameters: { reviewAge: { value: 365, unit: "days", source: "referential" } },
    evaluation: attested,
  }),
];
