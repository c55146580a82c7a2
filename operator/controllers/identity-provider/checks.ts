import type { TenantIdentityProvider } from "../../../crds/v1alpha1/tenant-identity-provider.ts";
import { isTrue } from "../../reconcile/conditions.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import type { IdentityProviderScene } from "./scene.ts";

/** Every domain is the tenant's, and no other provider of it has it or the alias. */
export function domainsFinding({ identityProvider, tenant, siblings }: IdentityProviderScene): Finding {
  const { domains = [], alias } = identityProvider.spec;
  const own = tenant.spec.mailDomains ?? [];
  const foreign = domains.filter((domain) => !own.includes(domain));
  if (foreign.length > 0) {
    const are = foreign.length === 1 ? "is not a mailDomain" : "are no mailDomains";
    return refused(
      "InvalidSpec",
      `spec.domains: ${foreign.join(", ")} ${are} of tenant ${tenant.metadata.name}; add to spec.mailDomains of the Tenant, or leave out here.`,
    );
  }
  const elder = siblings.find((other) => isElder(other, identityProvider) && other.spec.alias === alias);
  if (elder !== undefined)
    return refused("NameTaken", `spec.alias: ${alias} is that of ${elder.metadata.name}; choose another.`);
  for (const other of siblings.filter((one) => isElder(one, identityProvider))) {
    const shared = domains.find((domain) => other.spec.domains?.includes(domain) === true);
    if (shared !== undefined)
      return refused(
        "NameTaken",
        `spec.domains: ${shared} leads to ${other.metadata.name}; a domain has one provider.`,
      );
  }
  return succeeded(
    domains.length === 0 ? "No domain leads to this provider." : `${domains.join(", ")} lead to this provider.`,
  );
}

/** Whose wish came first holds the name; among those of one second, the one whose name sorts first. */
function isElder(other: TenantIdentityProvider, than: TenantIdentityProvider): boolean {
  const ageOf = ({ metadata }: TenantIdentityProvider): string =>
    `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
  return ageOf(other) < ageOf(than);
}

/** The realm has to stand before it can trust anybody; undefined: it does. */
export function realmFinding({ keycloak }: IdentityProviderScene): Finding | undefined {
  if (isTrue(keycloak.status?.conditions, "SSOReady")) return undefined;
  const { name, namespace = "" } = keycloak.metadata;
  return {
    status: "False",
    reason: "DependencyNotReady",
    message: `The realm is not ready; SSOReady of ModuleDeployment ${namespace}/${name} says how far it is.`,
  };
}

export function isConfirmed({ identityProvider, registration }: IdentityProviderScene): boolean {
  return identityProvider.spec.confirmedRegistration === registration.digest;
}

/** Nobody but a person can know what the provider's form says. */
export function registrationFinding(scene: IdentityProviderScene): Finding {
  const { identityProvider, registration } = scene;
  if (isConfirmed(scene)) return succeeded("The addresses of now are registered at the provider, a person said.");
  const again = identityProvider.spec.confirmedRegistration === undefined ? "" : "The addresses are others by now. ";
  return {
    status: "False",
    reason: "AwaitingConfirmation",
    message: `${again}Register the addresses of status.registration at the provider, then set spec.confirmedRegistration to ${registration.digest}. Until then nobody is sent there.`,
  };
}

/** What the token endpoint says of a made-up code (RFC 6749, section 5.2): whether it knows the client, or undefined if that cannot be told. */
export function clientIsKnown(answer: { readonly status: number; readonly text: string }): boolean | undefined {
  const error = errorOf(answer.text);
  if (error === "invalid_client" || error === "unauthorized_client" || answer.status === 401) return false;
  return answer.status < 500 ? true : undefined;
}

/** The error code of an answer; whatever is no word of that sort is not repeated. */
export function errorOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === "string" && /^[a-z_]{1,64}$/.test(error) ? error : undefined;
  } catch {
    return undefined;
  }
}

function refused(reason: "InvalidSpec" | "NameTaken", message: string): Finding {
  return { status: "False", reason, message };
}
