import type { Check } from "../check.ts";
import { row } from "./row.ts";

/** Incidents. */
export const chapter16: readonly Check[] = [
  row({
    id: "16-01",
    requirement: "16.2.c",
    title: {
      en: "The tenant chose which severities of incidents it is told of, and the way to its contacts was tried",
      fr: "Le locataire a choisi les gravités d'incident dont il est informé, et la voie vers ses contacts a été essayée",
    },
    severity: "medium",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.6.8"] },
    parameters: { lastTestAge: { value: 180, unit: "days", source: "ours" } },
    evaluation: { status: "stage2", needs: "notices of incidents, with a choice of severities on the Tenant" },
  }),
  row({
    id: "16-02",
    requirement: "16.1.c",
    title: {
      en: "An incident with personal data has the decision on telling the CNIL, taken in time",
      fr: "Un incident touchant des données personnelles porte la décision d'informer ou non la CNIL, prise dans le délai",
    },
    severity: "high",
    mode: "mixed",
    layer: "platform",
    mappings: { iso27001: ["A.5.24"], gdpr: ["33"] },
    parameters: { notice: { value: 72, unit: "hours", source: "ours" } },
    evaluation: { status: "stage2", needs: "records of incidents" },
  }),
  row({
    id: "16-03",
    requirement: "16.4.b, 16.6.a",
    title: {
      en: "Each incident has its evidence, sealed with a digest",
      fr: "Chaque incident a ses preuves, scellées par une empreinte",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.28"] },
    evaluation: { status: "stage2", needs: "records of incidents" },
  }),
  row({
    id: "16-04",
    requirement: "16.3.b",
    title: {
      en: "Each incident has a class of the agreed scale and says which tenants it touched",
      fr: "Chaque incident porte une classe de l'échelle convenue et dit quels locataires il a touchés",
    },
    severity: "low",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.25"] },
    evaluation: { status: "stage2", needs: "records of incidents" },
  }),
];
