import type { Check } from "../check.ts";
import { attested, row } from "./row.ts";

/** People who work for the platform. */
export const chapter07: readonly Check[] = [
  row({
    id: "7-01",
    requirement: "7.1.b",
    title: {
      en: "Whoever administers the platform was vetted",
      fr: "Toute personne qui administre la plateforme a fait l'objet d'une vérification",
    },
    severity: "high",
    mode: "mixed",
    layer: "platform",
    mappings: { iso27001: ["A.6.1"] },
    evaluation: attested,
  }),
  row({
    id: "7-02",
    requirement: "7.2, 7.3",
    title: {
      en: "Whoever has access to the platform signed its charter and is trained every year",
      fr: "Toute personne ayant accès à la plateforme a signé la charte et est formée chaque année",
    },
    severity: "medium",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.6.2", "A.6.3"] },
    parameters: { review: { value: 365, unit: "days", source: "ours" } },
    evaluation: attested,
  }),
  row({
    id: "7-03",
    requirement: "7.5.a",
    title: { en: "Whoever has left holds no right any more", fr: "Toute personne partie ne détient plus aucun droit" },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.6.5"] },
    evaluation: {
      status: "notObservable",
      lacks:
        "the day on which somebody left: the directory of the platform's people knows it, and no API of Kubernetes does",
    },
  }),
];
