import { reservedFields } from "../../../crds/v1alpha1/reserved-fields.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { PlatformRights } from "../../keycloak/keycloak-api.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import { admittedTenants } from "../../reconcile/region-admission.ts";
import { validQualification } from "../../reconcile/qualifications.ts";

/** What the cluster offers, as far as the region names it. */
export interface ObservedCapabilities {
  readonly storageClass: boolean;
  /** Undefined where the region names none. */
  readonly ingressClass: boolean | undefined;
  /** Undefined where the region names none. */
  readonly gateway: "absent" | "no-listener" | "present" | undefined;
  /** Undefined where the region names no issuer. */
  readonly issuer: boolean | undefined;
  /** Undefined where the region names no certificate of its own. */
  readonly tlsSecret: boolean | undefined;
  /** Undefined where anybody may pull its images. */
  readonly pullSecret: boolean | undefined;
  readonly trustBundle: "absent" | "not-named" | "no-certificate" | "present";
}

/** Everything the region names exists in the cluster. */
export function capabilitiesFinding(region: SovereignRegion, seen: ObservedCapabilities): Finding {
  const { images, ingress, storage, trustBundle } = region.spec;
  const missing: string[] = [];
  if (!seen.storageClass) missing.push(`StorageClass ${storage.className} (spec.storage.className)`);
  if (seen.ingressClass === false) missing.push(`IngressClass ${ingress.className ?? ""} (spec.ingress.className)`);
  if (seen.gateway === "absent" || seen.gateway === "no-listener") missing.push(missingListener(ingress, seen.gateway));
  if (seen.issuer === false) missing.push(`ClusterIssuer ${ingress.clusterIssuer ?? ""} (spec.ingress.clusterIssuer)`);
  if (seen.tlsSecret === false)
    missing.push(`Secret ${ingress.tlsSecretRef?.name ?? ""} in the operator's namespace (spec.ingress.tlsSecretRef)`);
  if (seen.pullSecret === false)
    missing.push(
      `Secret ${images?.pullSecretRef?.name ?? ""} in the operator's namespace (spec.images.pullSecretRef); kubectl create secret docker-registry makes one`,
    );
  if (seen.trustBundle === "absent")
    missing.push(
      `ConfigMap ${trustBundle?.configMapRef.name ?? ""} with key ca.crt in the operator's namespace (spec.trustBundle)`,
    );
  if (seen.trustBundle === "no-certificate")
    missing.push(
      `a PEM certificate in key ca.crt of ConfigMap ${trustBundle?.configMapRef.name ?? ""} (spec.trustBundle)`,
    );
  if (missing.length === 0) {
    const unused = unusedFields(region);
    const more = unused.length === 0 ? "" : ` Stated, and not used by this release: ${unused.join(", ")}.`;
    return succeeded(`Every class, issuer and bundle that the region names exists.${more}`);
  }
  return {
    status: "False",
    reason: "CapabilityMissing",
    message: `Missing: ${missing.join("; ")}. Create it, or name another.`,
    againAfterMs: 300_000,
  };
}

/** What the region states and nothing reads yet: whoever writes it must not believe that it works. */
function unusedFields({ spec }: SovereignRegion): string[] {
  const states = (path: string): boolean => {
    let at: unknown = spec;
    for (const name of path.split(".")) at = (at as Readonly<Record<string, unknown>> | undefined)?.[name];
    return at !== undefined;
  };
  return Object.keys(reservedFields.SovereignRegion.spec)
    .filter(states)
    .map((path) => `spec.${path}`);
}

function missingListener(
  { gatewayRef }: SovereignRegion["spec"]["ingress"],
  gateway: "absent" | "no-listener",
): string {
  const { name = "", listener = "" } = gatewayRef ?? {};
  const what = `Gateway ${name} in the operator's namespace (spec.ingress.gatewayRef)`;
  return gateway === "absent" ? what : `listener ${listener} of protocol HTTPS on ${what}`;
}

/** Roles that a platform account may hold in master beside create-realm: every account has them. */
const everybodysRoles = new Set(["create-realm", "offline_access", "uma_authorization", "default-roles-master"]);

/**
 * The platform credential creates realms and does nothing else. Creating a realm gives its creator rights on that realm
 * (client `<realm>-realm`); those are expected for realms of our tenants only.
 */
export function identityFinding(rights: PlatformRights, ourRealms: ReadonlySet<string>): Finding {
  if (!rights.realmRoles.includes("create-realm")) {
    return {
      status: "False",
      reason: "PermissionMissing",
      message:
        "The platform account of Keycloak lacks the role create-realm of realm master; give it that role and no other.",
    };
  }
  const tooMuch = rights.realmRoles.filter((role) => !everybodysRoles.has(role));
  const foreign = rights.clientRoles.filter(
    (client) => client !== "account" && !ourRealms.has(client.replace(/-realm$/, "")),
  );
  const excess = [...tooMuch.map((role) => `role ${role}`), ...foreign.map((client) => `roles of client ${client}`)];
  if (excess.length === 0) return succeeded("The platform account creates realms and holds nothing more.");
  return {
    status: "False",
    reason: "PolicyDenied",
    message: `The platform account of Keycloak holds more than create-realm: ${excess.slice(0, 10).join(", ")}. Take it away; whoever steals this credential would have it too.`,
  };
}

/** Every qualification that a tenant of the region needs is verified and valid today. */
export function qualificationsFinding(region: SovereignRegion, tenants: readonly Tenant[], now: number): Finding {
  const needed = new Set(tenants.flatMap((tenant) => tenant.spec.compliance.requiredQualifications));
  const lacking = [...needed].filter((scheme) => validQualification(region, scheme, now) === undefined).sort();
  if (lacking.length > 0) {
    return {
      status: "False",
      reason: "NotQualified",
      message: `No verified and valid proof of ${lacking.join(", ")}, which tenants of this region need; renew it in spec.qualifications.`,
    };
  }
  const expiry = earliestExpiry(region, now);
  const message = expiry === undefined ? "No tenant needs a qualification." : `Valid; the earliest ends on ${expiry}.`;
  return { status: "True", reason: "Succeeded", message };
}

/** Last day of the verified qualification that ends first, as YYYY-MM-DD. */
export function earliestExpiry(region: SovereignRegion, now: number): string | undefined {
  const valid = region.spec.qualifications ?? [];
  const ends = valid.filter(
    (proof) =>
      validQualification({ ...region, spec: { ...region.spec, qualifications: [proof] } }, proof.scheme, now) !==
      undefined,
  );
  return ends.map((proof) => proof.validUntil).sort()[0];
}

/** Room for one more tenant. */
export function capacityFinding(region: SovereignRegion, tenants: readonly Tenant[]): Finding {
  const admitted = admittedTenants(region, tenants);
  const seats = admitted.reduce((sum, tenant) => sum + tenant.spec.seats, 0);
  const { limits, keycloak } = region.spec;
  const ceiling = Math.min(limits.tenants, keycloak.maxRealms);
  if (region.spec.state === "Cordoned")
    return { status: "False", reason: "LimitReached", message: "The region is cordoned: it takes no new tenant." };
  if (admitted.length >= ceiling)
    return {
      status: "False",
      reason: "LimitReached",
      message: `${admitted.length} of ${ceiling} tenants: the region is full. Raise limits.tenants and keycloak.maxRealms, or open another region.`,
    };
  if (seats >= limits.seats)
    return {
      status: "False",
      reason: "LimitReached",
      message: `${seats} of ${limits.seats} seats are taken; raise limits.seats, or open another region.`,
    };
  return succeeded(`${admitted.length} of ${ceiling} tenants, ${seats} of ${limits.seats} seats.`);
}
