import type { Check } from "../check.ts";
import { certificateContent, certificates, oneTermination } from "../checks/certificates.ts";
import { clearListeners, clearPorts } from "../checks/load-balancers.ts";
import { databaseTls, encryptedMedia, publishedOverTls } from "../checks/transport.ts";
import { tunnelGroups, tunnels } from "../checks/tunnels.ts";
import { attested, row } from "./row.ts";

/** Cryptology: what is on its way. */
export const chapter10Flows: readonly Check[] = [
  row({
    id: "10-06",
    requirement: "10.2.c",
    title: {
      en: "TLS below version 1.2 is refused",
      fr: "Aucune version de TLS antérieure à 1.2 n'est acceptée",
    },
    severity: "high",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: { versions: { value: ["1.2", "1.3"], source: "referential" } },
    evaluation: { status: "stage2", needs: "a probe of TLS" },
  }),
  row({
    id: "10-07",
    requirement: "10.2.c",
    title: {
      en: "TLS is spoken in strong suites and groups alone, without compression or early data",
      fr: "TLS n'utilise que des suites et des groupes robustes, sans compression ni données anticipées",
    },
    severity: "high",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: { tickets: { value: 24, unit: "hours", source: "referential" } },
    evaluation: { status: "stage2", needs: "a probe of TLS" },
  }),
  row({
    id: "10-08",
    requirement: "10.2.c",
    title: {
      en: "Certificates have strong keys, a short life and no other use than to serve",
      fr: "Les certificats ont des clés robustes, une durée courte et aucun autre usage que de servir",
    },
    severity: "medium",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: certificateContent,
    evaluation: certificates,
  }),
  row({
    id: "10-09",
    requirement: "10.2.c",
    title: {
      en: "A certificate serves in one place where TLS ends",
      fr: "Un certificat ne sert qu'en un seul point de terminaison de TLS",
    },
    severity: "low",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    evaluation: oneTermination,
  }),
  row({
    id: "10-10",
    requirement: "10.2.c",
    title: { en: "Modules are published over TLS alone", fr: "Les modules ne sont publiés que par TLS" },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    evaluation: publishedOverTls,
  }),
  row({
    id: "10-11",
    requirement: "10.2.c",
    title: {
      en: "Load balancers that face the internet listen in clear only to redirect",
      fr: "Les répartiteurs exposés à l'internet n'écoutent en clair que pour rediriger",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: clearPorts,
    evaluation: clearListeners,
  }),
  row({
    id: "10-12",
    requirement: "10.2.c",
    title: {
      en: "Databases are reached over TLS that verifies their certificate and name",
      fr: "Les bases sont jointes par TLS avec vérification du certificat et du nom",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    evaluation: databaseTls,
  }),
  row({
    id: "10-13",
    requirement: "10.2.a",
    title: {
      en: "Pods that handle sensitive data speak to one another encrypted",
      fr: "Les pods qui traitent des données sensibles échangent entre eux de manière chiffrée",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    evaluation: {
      status: "notObservable",
      lacks:
        "whether traffic between nodes is encrypted: the settings of the network plugin tell it, in objects that differ from plugin to plugin and that the operator takes no right to read",
    },
  }),
  row({
    id: "10-14",
    requirement: "10.2.a",
    title: {
      en: "Pictures and sounds of conferences are relayed encrypted",
      fr: "Les images et les sons des conférences sont relayés chiffrés",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    evaluation: encryptedMedia,
  }),
  row({
    id: "10-15",
    requirement: "10.2.d",
    title: {
      en: "Tunnels of IPsec use IKEv2 with strong algorithms",
      fr: "Les tunnels IPsec utilisent IKEv2 avec des algorithmes robustes",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    parameters: tunnelGroups,
    evaluation: tunnels,
  }),
  row({
    id: "10-16",
    requirement: "10.2.e",
    title: { en: "SSH takes strong keys and no passwords", fr: "SSH n'admet que des clés robustes, sans mot de passe" },
    severity: "medium",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.5.14"], rgs: ["B1"], gdpr: ["25", "32"] },
    evaluation: attested,
  }),
];
