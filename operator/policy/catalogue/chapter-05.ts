import type { Check } from "../check.ts";
import { hardenedPods, podSecurityParameters } from "../checks/hardened-pods.ts";
import { resourceBounds } from "../checks/capacity.ts";
import { kubernetesSupport, supportedKubernetes } from "../checks/releases.ts";
import { attested, row } from "./row.ts";

/** Operation, the security policy and risks. */
export const chapter05: readonly Check[] = [
  row({
    id: "5-01",
    requirement: "5.1.a",
    title: {
      en: "Each module runs a version that its makers still support",
      fr: "Chaque module tourne dans une version que ses auteurs maintiennent encore",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: {},
    parameters: { warning: { value: 90, unit: "days", source: "ours" } },
    evaluation: { status: "stage2", needs: "the last day of support of each version in the catalogue of modules" },
  }),
  row({
    id: "5-02",
    requirement: "5.1.a",
    title: {
      en: "The nodes run a version of Kubernetes that is supported for some time yet",
      fr: "Les nœuds tournent dans une version de Kubernetes encore maintenue pour un temps suffisant",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: {},
    parameters: kubernetesSupport,
    evaluation: supportedKubernetes,
  }),
  row({
    id: "5-03",
    requirement: "5.1.a",
    title: {
      en: "Workloads of a tenant keep to the strictest Pod Security Standard, of a pinned version",
      fr: "Les charges d'un locataire respectent le niveau le plus strict des Pod Security Standards, dans une version fixée",
    },
    severity: "critical",
    mode: "automated",
    layer: "tenant",
    mappings: {},
    parameters: podSecurityParameters,
    gate: "onboarding",
    evaluation: hardenedPods,
  }),
  row({
    id: "5-04",
    requirement: "5.1.a",
    title: {
      en: "Containers and namespaces of a tenant have bounds for processor and memory",
      fr: "Les conteneurs et les espaces de noms d'un locataire ont des bornes de processeur et de mémoire",
    },
    severity: "medium",
    mode: "automated",
    layer: "tenant",
    mappings: {},
    evaluation: resourceBounds,
  }),
  row({
    id: "5-05",
    requirement: "5.1.b",
    title: {
      en: "The measures of computer hygiene, at their reinforced level, are listed and signed for",
      fr: "Les mesures d'hygiène informatique, au niveau renforcé, sont listées et signées",
    },
    severity: "medium",
    mode: "attested",
    layer: "platform",
    mappings: {},
    evaluation: attested,
  }),
  row({
    id: "5-06",
    requirement: "5.2.a–e",
    title: {
      en: "A security policy is in force, approved by name and reviewed every year",
      fr: "Une politique de sécurité est en vigueur, approuvée nommément et revue chaque année",
    },
    severity: "high",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.5.1"] },
    parameters: { review: { value: 365, unit: "days", source: "referential" } },
    evaluation: attested,
  }),
  row({
    id: "5-07",
    requirement: "5.3.a,g,h",
    title: {
      en: "Risks are assessed every year, and those that remain are accepted",
      fr: "Les risques sont appréciés chaque année et ceux qui subsistent sont acceptés",
    },
    severity: "high",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.8.26"] },
    parameters: { review: { value: 365, unit: "days", source: "referential" } },
    evaluation: attested,
  }),
  row({
    id: "5-08",
    requirement: "5.3.d,e",
    title: {
      en: "What remains of the risk of laws from outside the Union is written down and offered to tenants",
      fr: "Le risque résiduel lié aux lois extérieures à l'Union est écrit et proposé aux locataires",
    },
    severity: "high",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.8.26"] },
    evaluation: attested,
  }),
];
