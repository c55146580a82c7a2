import type { Check } from "../check.ts";
import { databaseExposure, privateRanges, databaseAdmission } from "../checks/database-exposure.ts";
import { dataApart, defaultDeny, platformNamespaces, platformNetwork, publicHttpsFrom } from "../checks/isolation.ts";
import { internalApiServers } from "../checks/managed-clusters.ts";
import { rightsInside, rightsOutside } from "../checks/people.ts";
import { administrationApart, hostsApart } from "../checks/routes.ts";
import { tenantPaths } from "../checks/tenant-paths.ts";
import { mapped } from "./chapter-09-mappings.ts";
import { row } from "./row.ts";

/** Access: ways of administration, and what keeps tenants apart. */
export const chapter09Isolation: readonly Check[] = [
  row({
    id: "9-26",
    requirement: "9.6.a",
    title: {
      en: "Administrators of the platform and people of tenants are in different directories",
      fr: "Les administrateurs de la plateforme et les agents des locataires relèvent d'annuaires différents",
    },
    severity: "high",
    mode: "probe",
    layer: "platform",
    mappings: mapped("A.8.21"),
    evaluation: {
      status: "notObservable",
      lacks:
        "who has an account in the realm master: the operator's own account there may create realms and read no other",
    },
  }),
  row({
    id: "9-27",
    requirement: "9.6.b, 9.6.c",
    title: {
      en: "Platform and tenants are administered under different hosts",
      fr: "La plateforme et les locataires sont administrés sous des noms d'hôte différents",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.21"),
    evaluation: hostsApart,
  }),
  row({
    id: "9-28",
    requirement: "9.6.d",
    title: {
      en: "The API server is reached from internal networks alone",
      fr: "Le serveur d'API n'est joignable que depuis les réseaux internes",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.21"),
    evaluation: internalApiServers,
  }),
  row({
    id: "9-29",
    requirement: "9.6.d",
    title: {
      en: "Databases have no address outside of internal networks",
      fr: "Les bases de données n'ont aucune adresse hors des réseaux internes",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.21"),
    parameters: { privateRanges: { value: privateRanges, source: "ours" } },
    excusable: false,
    evaluation: databaseExposure,
    admission: databaseAdmission,
  }),
  row({
    id: "9-30",
    requirement: "9.6.e",
    title: {
      en: "Pages of administration that are published are encrypted and open to known addresses alone",
      fr: "Les pages d'administration publiées sont chiffrées et ouvertes aux seules adresses connues",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: mapped("A.8.21"),
    evaluation: {
      status: "stage2",
      needs: "hosts of administration of their own: modules are administered on the hosts of their users",
    },
  }),
  row({
    id: "9-31",
    requirement: "9.6.g",
    title: {
      en: "A module is not administered on the host that its users come to",
      fr: "Un module ne s'administre pas sur le nom d'hôte de ses utilisateurs",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: mapped("A.8.21"),
    evaluation: administrationApart,
  }),
  row({
    id: "9-32",
    requirement: "9.6.h",
    title: {
      en: "Whoever is not logged in gets nothing from pages of administration",
      fr: "Sans authentification, les pages d'administration ne livrent rien",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: mapped("A.8.21"),
    evaluation: { status: "stage2", needs: "probes of hosts of administration, without a login" },
  }),
  row({
    id: "9-33",
    requirement: "9.6.i–k",
    title: {
      en: "Nobody of a tenant holds rights outside of its own namespaces",
      fr: "Nul chez un locataire ne détient de droits hors de ses propres espaces",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.21"),
    evaluation: rightsOutside,
  }),
  row({
    id: "9-34",
    requirement: "9.7.a",
    title: {
      en: "Every namespace of a tenant is closed both ways until something is opened",
      fr: "Chaque espace d'un locataire est fermé dans les deux sens tant que rien n'est ouvert",
    },
    severity: "critical",
    mode: "automated",
    layer: "tenant",
    mappings: mapped("A.8.3"),
    gate: "onboarding",
    evaluation: defaultDeny,
  }),
  row({
    id: "9-35",
    requirement: "9.7.a",
    title: {
      en: "No pod of a tenant can talk to a pod of another",
      fr: "Aucun pod d'un locataire ne peut communiquer avec celui d'un autre",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.3"),
    gate: "onboarding",
    evaluation: tenantPaths,
  }),
  row({
    id: "9-36",
    requirement: "9.7.a",
    title: {
      en: "No store of data belongs to two tenants",
      fr: "Aucun espace de données n'appartient à deux locataires",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.3"),
    gate: "onboarding",
    evaluation: dataApart,
  }),
  row({
    id: "9-37",
    requirement: "9.7.a",
    title: {
      en: "Sensitive data is processed on nodes of the tenant alone",
      fr: "Les données sensibles sont traitées sur des nœuds réservés au locataire",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.3"),
    evaluation: { status: "stage2", needs: "nodes reserved for a tenant" },
  }),
  row({
    id: "9-38",
    requirement: "9.7.a",
    title: {
      en: "Names that others see do not tell of a tenant that wants to stay unnamed",
      fr: "Les noms visibles par d'autres ne révèlent pas un locataire qui souhaite rester discret",
    },
    severity: "low",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.3"),
    evaluation: { status: "stage2", needs: "tenants whose name is confidential" },
  }),
  row({
    id: "9-39",
    requirement: "9.7.b, 9.7.c",
    title: {
      en: "Nobody reaches the platform's own pods uninvited, and they call a list of addresses",
      fr: "Nul n'atteint les pods de la plateforme sans y être autorisé, et ils n'appellent que des adresses listées",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.3"),
    parameters: {
      platformNamespaces: { value: platformNamespaces, source: "ours" },
      publicHttpsFrom: { value: publicHttpsFrom, source: "ours" },
    },
    evaluation: platformNetwork,
  }),
  row({
    id: "9-40",
    requirement: "9.7.d",
    title: {
      en: "Nobody of the platform holds rights at a tenant without its consent",
      fr: "Nul à la plateforme ne détient de droits chez un locataire sans son accord",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: mapped(),
    evaluation: rightsInside,
  }),
];
