import { names } from "../../../crds/group.ts";
import type { Evaluation } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import type { Seen } from "../seen.ts";

const tenantsService: Read = {
  apiVersion: "v1",
  kind: "Service",
  scope: "tenant",
  fields: [
    { path: "spec.type", whenAbsent: { default: "ClusterIP" }, violations: ["NodePort", "LoadBalancer", "Other"] },
    { path: "spec.externalIPs", whenAbsent: { default: [] }, violations: [["198.51.100.1"]] },
  ],
};

/** A Service that people's media come through: the region says how, and a port of its own is what it is for. */
const mediaComponent = /^jitsi-bridge-\d+-media$/;
const isMedia = (service: Seen["object"]): boolean => mediaComponent.test(service.metadata.name);

/** 13-06. https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types */
export const services: Evaluation = {
  status: "implemented",
  subjects: [tenantsService],
  concerns: (service) => !isMedia(service),
  judge: (service) => {
    const type = service.text("spec.type");
    const { field, value: addresses } = service.one("spec.externalIPs");
    const problems: Problem[] = [];
    if (!["ClusterIP", "ExternalName"].includes(type.value))
      problems.push({
        field: type.field,
        observed: type.value,
        message: `Type ${type.value} opens a way past the routes of the region; make it ClusterIP.`,
      });
    if (!Array.isArray(addresses) || addresses.length > 0)
      problems.push({
        field,
        observed: JSON.stringify(addresses),
        message: "An external address takes traffic past the routes of the region; remove it.",
      });
    return problems;
  },
};

const tenantsIngress: Read = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  scope: "tenant",
  fields: [
    { path: "spec.rules[].host", whenAbsent: "fail", violations: ["", "*.tenant.example", "of.another.example"] },
    { path: `metadata.labels[${names.tenantLabel}]`, whenAbsent: "error", violations: [] },
  ],
};
const tenants: Read = {
  apiVersion: "socle.dev/v1alpha1",
  kind: "Tenant",
  scope: "cluster",
  required: true,
  fields: [{ path: "spec.domain", whenAbsent: "error", violations: ["another.example"] }],
};

/** 13-07. Hosts of a tenant are its domain and what lies below it; another tenant has another domain, so no host is of two. */
export const ingressHosts: Evaluation = {
  status: "implemented",
  subjects: [tenantsIngress],
  related: [tenants],
  judge: (ingress, { of }) => {
    const owner = ingress.text(`metadata.labels[${names.tenantLabel}]`).value;
    const domain = of("Tenant")
      .find(({ name }) => name === owner)
      ?.text("spec.domain").value;
    return ingress.each("spec.rules[].host").flatMap(({ field, value }): Problem[] => {
      const host = String(value);
      if (host !== "" && !host.includes("*") && (host === domain || host.endsWith(`.${domain ?? " "}`))) return [];
      const message = `Host ${host} is not below domain ${domain ?? "of its tenant, which is not here"}; publish below that domain alone.`;
      return [{ field, observed: host, message }];
    });
  },
};
