import type { Check } from "../check.ts";
import { ingressHosts, services } from "../checks/exposure.ts";
import { namedSources, shortestPrefix } from "../checks/flows.ts";
import { nodeAddresses } from "../checks/nodes.ts";
import { publicPorts, securityGroups } from "../checks/security-groups.ts";
import { attested, row } from "./row.ts";

/** Communications. */
export const chapter13: readonly Check[] = [
  row({
    id: "13-01",
    requirement: "13.1.a",
    title: {
      en: "Every flow that is let through has a reason and an owner",
      fr: "Chaque flux autorisé a une raison et un responsable",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.20"] },
    evaluation: { status: "stage2", needs: "the map of flows with a reason on each rule" },
  }),
  row({
    id: "13-02",
    requirement: "13.1.b",
    title: {
      en: "The map of flows is reviewed every year",
      fr: "La cartographie des flux est revue chaque année",
    },
    severity: "medium",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.8.20"] },
    parameters: { reviewedWithin: { value: 365, unit: "days", source: "referential" } },
    evaluation: attested,
  }),
  row({
    id: "13-03",
    requirement: "13.2.a",
    title: {
      en: "Administration, supervision and production run on networks of their own",
      fr: "L'administration, la supervision et la production ont chacune leur réseau",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.22"] },
    evaluation: {
      status: "stage2",
      needs: "regions that say which namespaces and networks administer and supervise",
    },
  }),
  row({
    id: "13-04",
    requirement: "13.2.a",
    title: {
      en: "Security groups let in only what is published, and let nothing out by default",
      fr: "Les groupes de sécurité n'admettent que ce qui est publié et ne laissent rien sortir par défaut",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.22"] },
    parameters: publicPorts,
    evaluation: securityGroups,
  }),
  row({
    id: "13-05",
    requirement: "13.2.a",
    title: {
      en: "No node has a public address",
      fr: "Aucun nœud n'a d'adresse publique",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.22"] },
    evaluation: nodeAddresses,
  }),
  row({
    id: "13-06",
    requirement: "13.2.a",
    title: {
      en: "No Service of a tenant opens a way of its own from outside",
      fr: "Aucun Service d'un locataire n'ouvre sa propre voie depuis l'extérieur",
    },
    severity: "critical",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.22"] },
    gate: "onboarding",
    evaluation: services,
  }),
  row({
    id: "13-07",
    requirement: "13.2.a",
    title: {
      en: "Each published host belongs to the domain of its tenant",
      fr: "Chaque nom publié appartient au domaine de son locataire",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.22"] },
    evaluation: ingressHosts,
  }),
  row({
    id: "13-08",
    requirement: "13.2.c",
    title: {
      en: "Administration comes in through a tunnel alone",
      fr: "L'administration n'entre que par un tunnel",
    },
    severity: "high",
    mode: "mixed",
    layer: "platform",
    mappings: { iso27001: ["A.8.21"] },
    evaluation: { status: "stage2", needs: "direct links and bridges among the facts of NumSpot, and attestations" },
  }),
  row({
    id: "13-09",
    requirement: "13.2.d",
    title: {
      en: "A published administration page stands behind a web application firewall that blocks",
      fr: "Une page d'administration publiée est derrière un pare-feu applicatif qui bloque",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.21"] },
    evaluation: { status: "stage2", needs: "a web application firewall stated by regions" },
  }),
  row({
    id: "13-10",
    requirement: "13.2.e",
    title: {
      en: "Ports that manage or measure a module are open to named sources only",
      fr: "Les ports de gestion et de mesure d'un module ne sont ouverts qu'à des sources nommées",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.21"] },
    parameters: { shortestPrefix },
    evaluation: namedSources,
  }),
  row({
    id: "13-11",
    requirement: "13.3.a",
    title: {
      en: "Probes watch each interconnection and report what they see",
      fr: "Des sondes surveillent chaque interconnexion et signalent ce qu'elles voient",
    },
    severity: "medium",
    mode: "mixed",
    layer: "platform",
    mappings: { iso27001: ["A.8.16"] },
    evaluation: {
      status: "notObservable",
      lacks:
        "the probes on each interconnection and their events: they are the provider's and the platform's, and no API that the operator reaches lists them",
    },
  }),
];
