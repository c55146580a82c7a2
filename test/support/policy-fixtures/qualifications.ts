import { apiVersion } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const tenant = (type: string, dataClasses: readonly string[]) => ({
  apiVersion,
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { organization: { type }, compliance: { dataClasses }, regionRef: { name: "cloudgouv" } },
});
const proof = (scheme: string, scope: readonly string[], validUntil = "2027-12-31") => ({
  scheme,
  scope,
  verification: "Verified",
  validFrom: "2026-01-01",
  validUntil,
});
const region = (qualifications: readonly object[], type = "NumSpot") => ({
  apiVersion,
  kind: "SovereignRegion",
  metadata: { name: "cloudgouv" },
  spec: { provider: { type }, qualifications },
});
const health = proof("HDS", ["HDS1", "HDS2", "HDS3"]);
const bare = region([]);
const machines = (type: string) => region([proof("SecNumCloud", ["IaaS"])], type);

export const qualifications: Fixtures = {
  "8-06": {
    subject: tenant("PublicBody", ["Sensitive", "Health"]),
    related: [region([proof("SecNumCloud", ["IaaS"]), proof("SecNumCloud", ["CaaS"]), health])],
    rows: [
      ...(
        [
          ["has ordinary data", tenant("PublicBody", ["Internal", "Personal"]), bare, "pass"],
          ["has sensitive data without any proof", tenant("PublicBody", ["Sensitive"]), bare, "fail"],
          ["uses a cluster beyond what is proven", tenant("PublicBody", ["Sensitive"]), machines("NumSpot"), "fail"],
          ["uses proven machines of its own", tenant("PublicBody", ["Sensitive"]), machines("OnPremises"), "pass"],
          ["is a town with sensitive data", tenant("LocalGovernment", ["Sensitive"]), bare, "pass"],
          ["is a town with health data", tenant("LocalGovernment", ["Health"]), bare, "fail"],
        ] as const
      ).map(([that, subject, where, result]) => ({ that, subject, related: [where], result })),
    ],
  },
  "11-01": {
    subject: region([proof("SecNumCloud", ["IaaS"])]),
    rows: [
      { that: "ends today", subject: region([proof("ISO27001", ["IaaS"], "2026-06-15")]), result: "pass" },
      { that: "proves its sites for health data", subject: region([health]), result: "pass" },
      { that: "proves nothing", subject: region([]), result: "fail" },
    ],
  },
};
