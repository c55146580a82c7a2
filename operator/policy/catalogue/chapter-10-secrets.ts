import type { Check } from "../check.ts";
import { certificationAuthorities, europeanAuthority } from "../checks/certificates.ts";
import { hashedPasswords, passwordHashing, passwordAdmission } from "../checks/passwords.ts";
import { noClearSecrets, secretsAsFiles } from "../checks/secrets.ts";
import { attested, row } from "./row.ts";

/** Cryptology: passwords, keys and who signs them. */
export const chapter10Secrets: readonly Check[] = [
  row({
    id: "10-17",
    requirement: "10.3.a–d",
    title: {
      en: "The homeserver and databases keep passwords as salted hashes that are slow to guess",
      fr: "Le serveur de messagerie instantanée et les bases ne gardent les mots de passe que hachés, salés et lents à deviner",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: { iso27001: ["A.5.17"], rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: passwordHashing,
    excusable: false,
    evaluation: hashedPasswords,
    admission: passwordAdmission,
  }),
  row({
    id: "10-18",
    requirement: "10.4.a",
    title: {
      en: "Images and reports are signed by strong algorithms",
      fr: "Les images et les rapports sont signés par des algorithmes robustes",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.24"], rgs: ["B1"], gdpr: ["25", "32"] },
    evaluation: { status: "stage2", needs: "signatures of images and reports" },
  }),
  row({
    id: "10-19",
    requirement: "10.5.c",
    title: {
      en: "No secret stands in clear in a ConfigMap, in the environment or in an annotation",
      fr: "Aucun secret n'est écrit en clair dans une ConfigMap, une variable d'environnement ou une annotation",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.24"], rgs: ["B2"], gdpr: ["25", "32"] },
    evaluation: noClearSecrets,
  }),
  row({
    id: "10-20",
    requirement: "10.5.c",
    title: {
      en: "Programs get their secrets as files, not in the environment",
      fr: "Les programmes reçoivent leurs secrets sous forme de fichiers et non dans l'environnement",
    },
    severity: "medium",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.24"], rgs: ["B2"], gdpr: ["25", "32"] },
    evaluation: secretsAsFiles,
  }),
  row({
    id: "10-21",
    requirement: "10.5.a",
    title: {
      en: "Keys and passwords are replaced in time",
      fr: "Les clés et les mots de passe sont renouvelés à temps",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.24"], rgs: ["B2"], gdpr: ["25", "32"] },
    parameters: {
      accessKeys: { value: 90, unit: "days", source: "ours" },
      databasePasswords: { value: 180, unit: "days", source: "ours" },
    },
    evaluation: { status: "stage2", needs: "rotation of credentials" },
  }),
  row({
    id: "10-22",
    requirement: "10.5.d",
    title: {
      en: "Secrets of administrators lie in the vault alone",
      fr: "Les secrets d'administration ne se trouvent que dans le coffre",
    },
    severity: "critical",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.8.24"], rgs: ["B2"], gdpr: ["25", "32"] },
    evaluation: { status: "stage2", needs: "a vault" },
  }),
  row({
    id: "10-23",
    requirement: "10.6.a",
    title: {
      en: "Certificates of the platform are signed in the European Union",
      fr: "Les certificats de la plateforme sont signés dans l'Union européenne",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.24"], rgs: ["B2"], gdpr: ["25", "32"] },
    parameters: certificationAuthorities,
    evaluation: europeanAuthority,
  }),
  row({
    id: "10-24",
    requirement: "10.5.c",
    title: {
      en: "Secrets of Kubernetes are encrypted where the cluster keeps them",
      fr: "Les secrets de Kubernetes sont chiffrés là où le cluster les conserve",
    },
    severity: "high",
    mode: "attested",
    layer: "infrastructure",
    mappings: { iso27001: ["A.8.24"], rgs: ["B2"], gdpr: ["25", "32"] },
    evaluation: attested,
  }),
];
