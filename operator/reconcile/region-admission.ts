import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import { untilProofsChange, validQualification } from "./qualifications.ts";
import { domainsOverlap } from "./claims.ts";
import { isTrue } from "./conditions.ts";
import { type Finding, succeeded } from "./story.ts";

/** Tenants that live in the region: once let in, a tenant stays in, whatever the limits become. */
export function admittedTenants(region: SovereignRegion, tenants: readonly Tenant[]): Tenant[] {
  return tenants.filter((tenant) => tenant.spec.regionRef.name === region.metadata.name && isAdmitted(tenant));
}

/** Its namespaces are recorded in status, or the condition says so: either survives the loss of the other. */
export function isAdmitted(tenant: Tenant): boolean {
  return isTrue(tenant.status?.conditions, "RegionAdmitted") || (tenant.status?.namespaces ?? []).length > 0;
}

interface AdmissionInput {
  readonly tenant: Tenant;
  readonly region: SovereignRegion | undefined;
  /** All tenants of the cluster. */
  readonly tenants: readonly Tenant[];
  /** The tenant has namespaces: it lives here already, and only its qualifications are judged again. */
  readonly livesHere: boolean;
  readonly now: number;
}

/**
 * May the tenant live in its region? Pure; the same list of tenants gives the same answer, so of two that ask at once the older gets the last place.
 * Looked at again when a proof that the tenant requires begins or ends: nobody writes anything on that day.
 */
export function admissionFinding(input: AdmissionInput): Finding {
  const { tenant, region, now } = input;
  const finding = judge(input);
  if (region === undefined) return finding;
  const againAfterMs = untilProofsChange(region, tenant.spec.compliance.requiredQualifications, now);
  return againAfterMs === undefined ? finding : { ...finding, againAfterMs };
}

function judge(input: AdmissionInput): Finding {
  const { tenant, region, livesHere, now } = input;
  const name = tenant.spec.regionRef.name;
  if (region === undefined) {
    return {
      status: "False",
      reason: "DependencyMissing",
      message: `SovereignRegion ${name} does not exist; create it, the tenant then goes on by itself.`,
    };
  }
  const countries = tenant.spec.compliance.countries;
  if (!countries.includes(region.spec.country)) {
    return {
      status: "False",
      reason: "PolicyDenied",
      message: `Region ${name} lies in ${region.spec.country}; compliance.countries allows ${countries.join(", ")} only.`,
    };
  }
  const lacking = tenant.spec.compliance.requiredQualifications.filter(
    (scheme) => validQualification(region, scheme, now) === undefined,
  );
  if (lacking.length > 0) {
    return {
      status: "False",
      reason: "NotQualified",
      message: `Region ${name} has no verified and valid proof of ${lacking.join(", ")}; record it in spec.qualifications of the region.`,
    };
  }
  if (livesHere) return succeeded(`The tenant lives in region ${name}.`);
  return platformNameFinding(tenant, region) ?? roomFinding(input, region);
}

/** Hosts of a tenant are published below its domain: none of them may be where people type the password of everybody. */
function platformNameFinding({ spec }: Tenant, region: SovereignRegion): Finding | undefined {
  const platform = new URL(region.spec.keycloak.url).hostname;
  if (!domainsOverlap(spec.domain, platform)) return undefined;
  return {
    status: "False",
    reason: "NameTaken",
    message: `Domain ${spec.domain} is, or lies under or above, ${platform}, the Keycloak of region ${region.metadata.name}; choose a domain outside of it.`,
  };
}

function roomFinding({ tenant, tenants }: AdmissionInput, region: SovereignRegion): Finding {
  const { name } = region.metadata;
  if (region.spec.state === "Cordoned") {
    return {
      status: "False",
      reason: "LimitReached",
      message: `Region ${name} is cordoned and takes no new tenant; choose another region, or set spec.state to Enabled.`,
    };
  }
  const others = tenants.filter(
    (other) => other.metadata.uid !== tenant.metadata.uid && other.spec.regionRef.name === name,
  );
  const before = others.filter((other) => isAdmitted(other) || olderThan(other, tenant));
  const ceiling = Math.min(region.spec.limits.tenants, region.spec.keycloak.maxRealms);
  if (before.length >= ceiling) {
    return {
      status: "False",
      reason: "LimitReached",
      message: `Region ${name} holds ${before.length} of ${ceiling} tenants; raise limits.tenants (and keycloak.maxRealms), or choose another region.`,
    };
  }
  const seats = before.reduce((sum, other) => sum + other.spec.seats, 0);
  if (seats + tenant.spec.seats > region.spec.limits.seats) {
    return {
      status: "False",
      reason: "LimitReached",
      message: `Region ${name} has ${region.spec.limits.seats - seats} of ${region.spec.limits.seats} seats left, the tenant asks for ${tenant.spec.seats}; raise limits.seats, or choose another region.`,
    };
  }
  return succeeded(`Region ${name} has room for the tenant.`);
}

function olderThan(left: Tenant, right: Tenant): boolean {
  const [a, b] = [left.metadata.creationTimestamp ?? "", right.metadata.creationTimestamp ?? ""];
  return a === b ? left.metadata.name < right.metadata.name : a < b;
}
