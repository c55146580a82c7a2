import type { Check } from "../check.ts";
import { accountTokens, longestSession, secondFactor, sessionLife, tokenAdmission } from "../checks/logins.ts";
import { databasesWithoutLock } from "../checks/managed-databases.ts";
import { endingAccounts, tokenLife } from "../checks/provider-accounts.ts";
import { mapped } from "./chapter-09-mappings.ts";
import { row } from "./row.ts";

/** Access: how people and programs prove who they are. */
export const chapter09Logins: readonly Check[] = [
  row({
    id: "9-17",
    requirement: "9.5.a",
    title: {
      en: "Passwords are long, are not the name of their owner and are not used again",
      fr: "Les mots de passe sont longs, distincts du nom de leur titulaire et jamais réutilisés",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: mapped("A.8.5"),
    parameters: {
      usersLength: { value: 12, unit: "characters", source: "ours" },
      administratorsLength: { value: 16, unit: "characters", source: "ours" },
    },
    evaluation: { status: "stage2", needs: "settings of realms, as the administration of Keycloak tells them" },
  }),
  row({
    id: "9-18",
    requirement: "9.5.a, 9.6.f",
    title: {
      en: "Administrators log in with a second factor",
      fr: "Les administrateurs se connectent avec un second facteur",
    },
    severity: "critical",
    mode: "probe",
    layer: "tenant",
    mappings: mapped("A.8.5"),
    evaluation: secondFactor,
  }),
  row({
    id: "9-19",
    requirement: "9.5.c",
    title: {
      en: "A second factor is offered to everybody, and asked for where the tenant wants it",
      fr: "Un second facteur est proposé à tous, et exigé là où le locataire le souhaite",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: mapped("A.8.5"),
    evaluation: { status: "stage2", needs: "settings of realms, as the administration of Keycloak tells them" },
  }),
  row({
    id: "9-20",
    requirement: "9.5.b",
    title: {
      en: "An account is locked for a while after a few failed logins",
      fr: "Un compte est bloqué un temps après quelques échecs de connexion",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: mapped("A.8.5"),
    parameters: { failures: { value: 5, source: "ours" } },
    evaluation: { status: "stage2", needs: "settings of realms, as the administration of Keycloak tells them" },
  }),
  row({
    id: "9-21",
    requirement: "9.5.b",
    title: {
      en: "A managed database that does not lock accounts is reached from the inside alone",
      fr: "Une base managée qui ne bloque pas les comptes n'est joignable que de l'intérieur",
    },
    severity: "medium",
    mode: "mixed",
    layer: "platform",
    mappings: mapped("A.8.5"),
    evaluation: databasesWithoutLock,
  }),
  row({
    id: "9-22",
    requirement: "9.5.a",
    title: {
      en: "A single-sign-on session ends with the working day",
      fr: "Une session d'authentification unique se termine avec la journée de travail",
    },
    severity: "medium",
    mode: "probe",
    layer: "tenant",
    mappings: mapped("A.8.5"),
    parameters: { longestSession: { value: longestSession, unit: "hours", source: "ours" } },
    evaluation: sessionLife,
  }),
  row({
    id: "9-23",
    requirement: "9.5.d",
    title: {
      en: "The provider's access to the cluster lies in a vault and is used by name",
      fr: "L'accès du fournisseur à la grappe est gardé dans un coffre et utilisé nominativement",
    },
    severity: "critical",
    mode: "mixed",
    layer: "platform",
    mappings: mapped("A.8.5"),
    evaluation: {
      status: "notObservable",
      lacks: "what Secrets contain: the operator does not read those that are not its own",
    },
  }),
  row({
    id: "9-24",
    requirement: "9.5.d",
    title: {
      en: "Pods of modules carry no token of the Kubernetes API",
      fr: "Les pods des modules ne portent aucun jeton de l'API Kubernetes",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: mapped("A.8.5"),
    excusable: false,
    evaluation: accountTokens,
    admission: tokenAdmission,
  }),
  row({
    id: "9-25",
    requirement: "9.5.d",
    title: {
      en: "Accounts at the provider end by themselves, and so do their tokens",
      fr: "Les comptes chez le fournisseur expirent d'eux-mêmes, ainsi que leurs jetons",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: mapped("A.8.5"),
    parameters: tokenLife,
    evaluation: endingAccounts,
  }),
];
