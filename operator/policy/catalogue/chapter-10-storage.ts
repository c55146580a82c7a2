import type { Check } from "../check.ts";
import { backupCipher, encryptedBackups } from "../checks/managed-databases.ts";
import { encryptedVolumes, encryptingDrivers, keyPerTenant, strongCipher, volumeCiphers } from "../checks/volumes.ts";
import { attested, row } from "./row.ts";

/** Cryptology: what is stored. */
export const chapter10Storage: readonly Check[] = [
  row({
    id: "10-01",
    requirement: "10.1.a",
    title: { en: "Each volume of a tenant is encrypted", fr: "Chaque volume d'un locataire est chiffré" },
    severity: "critical",
    mode: "automated",
    layer: "tenant",
    mappings: { rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: encryptingDrivers,
    evaluation: encryptedVolumes,
  }),
  row({
    id: "10-02",
    requirement: "10.1.a",
    title: {
      en: "The key of a volume lies with its tenant and is no other tenant's",
      fr: "La clé d'un volume est chez son locataire et n'est celle d'aucun autre",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: { rgs: ["B2"], gdpr: ["25", "32"] },
    evaluation: keyPerTenant,
  }),
  row({
    id: "10-03",
    requirement: "10.1.a",
    title: {
      en: "Backups and write-ahead logs of databases are encrypted",
      fr: "Les sauvegardes et les journaux de transactions des bases sont chiffrés",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: { rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: backupCipher,
    evaluation: encryptedBackups,
  }),
  row({
    id: "10-04",
    requirement: "10.1.a",
    title: {
      en: "The provider encrypts its storage and wipes media before they are used again",
      fr: "Le fournisseur chiffre son stockage et efface les supports avant leur réemploi",
    },
    severity: "high",
    mode: "attested",
    layer: "infrastructure",
    mappings: { rgs: ["B1"], gdpr: ["25", "32"] },
    evaluation: attested,
  }),
  row({
    id: "10-05",
    requirement: "10.1.b",
    title: {
      en: "Volumes are encrypted by a strong cipher with a key of sufficient length",
      fr: "Les volumes sont chiffrés par un algorithme robuste avec une clé de longueur suffisante",
    },
    severity: "medium",
    mode: "automated",
    layer: "tenant",
    mappings: { rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: volumeCiphers,
    evaluation: strongCipher,
  }),
];
