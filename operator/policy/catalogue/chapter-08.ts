import type { Check } from "../check.ts";
import { markedData, ownedAssets } from "../checks/inventory.ts";
import { qualifiedRegion } from "../checks/qualifications.ts";
import { row } from "./row.ts";

/** Assets, and the regimes that their data fall under. */
export const chapter08: readonly Check[] = [
  row({
    id: "8-01",
    requirement: "8.1.a",
    title: {
      en: "What lies in a namespace of a tenant, or in a bucket, belongs to a tenant that exists",
      fr: "Ce qui se trouve dans un espace de noms d'un locataire, ou dans un compartiment, appartient à un locataire qui existe",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.9"] },
    evaluation: ownedAssets,
  }),
  row({
    id: "8-02",
    requirement: "8.1.a",
    title: {
      en: "The inventory says of each asset what it is for, where it lies, whose it is and what it needs",
      fr: "L'inventaire dit de chaque bien à quoi il sert, où il se trouve, à qui il est et ce qu'il exige",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.9"] },
    evaluation: { status: "stage2", needs: "an export of the inventory" },
  }),
  row({
    id: "8-03",
    requirement: "8.1.b",
    title: {
      en: "Each image that runs has a list of the software in it",
      fr: "Chaque image en fonctionnement a la liste des logiciels qu'elle contient",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.9"] },
    evaluation: { status: "stage2", needs: "lists of software of the images, from their registry" },
  }),
  row({
    id: "8-04",
    requirement: "8.1.c",
    title: { en: "The licences of that software are allowed ones", fr: "Les licences de ces logiciels sont admises" },
    severity: "low",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.9"] },
    evaluation: { status: "stage2", needs: "lists of software of the images, from their registry" },
  }),
  row({
    id: "8-05",
    requirement: "8.3.a",
    title: {
      en: "A tenant declares how sensitive its data are, and what holds them is marked so",
      fr: "Un locataire déclare la sensibilité de ses données, et ce qui les contient en porte la marque",
    },
    severity: "medium",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.5.12"] },
    evaluation: markedData,
  }),
  row({
    id: "8-06",
    requirement: "8.3.b",
    title: {
      en: "Sensitive and health data lie in a region whose proofs cover each service used",
      fr: "Les données sensibles ou de santé sont dans une région dont les preuves couvrent chaque service utilisé",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.12"] },
    excusable: false,
    evaluation: qualifiedRegion,
  }),
  row({
    id: "8-07",
    requirement: "4, annex 2.h",
    title: {
      en: "Data of restricted distribution are taken only with a decision of accreditation",
      fr: "Des données en diffusion restreinte ne sont admises qu'avec une décision d'homologation",
    },
    severity: "critical",
    mode: "mixed",
    layer: "platform",
    mappings: { rgs: ["homologation"] },
    excusable: false,
    evaluation: { status: "stage2", needs: "attestations, and a class of data above Sensitive" },
  }),
];
