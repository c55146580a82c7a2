import { home, type Manifest, merged, type RuleRow, tenantName } from "./rule-row.ts";

/** A provider that speaks ProConnect, changed. */
export function identityProvider(spec: Manifest = {}): Manifest {
  const base = {
    metadata: { name: "agents", namespace: home },
    spec: {
      tenantRef: { name: tenantName },
      alias: "agents",
      protocol: "ProConnect",
      proConnect: {
        environment: "Integration",
        clientID: "given-by-proconnect",
        clientSecretRef: { name: "proconnect", key: "clientSecret" },
      },
    },
  };
  return merged(base, { spec });
}

const oidc = {
  issuer: "https://idp.example",
  clientID: "suite",
  clientSecretRef: { name: "idp", key: "clientSecret" },
};
const saml = { metadataURL: "https://idp.example/metadata" };

export const identityProviderRules: readonly RuleRow[] = [
  {
    at: "spec",
    says: "give the block of the protocol and no other: proConnect for ProConnect, oidc for OIDC, saml for SAML",
    accepts: identityProvider({ protocol: "SAML", proConnect: null, saml }),
    refuses: identityProvider({ protocol: "SAML", proConnect: null, saml, oidc }),
  },
  {
    at: "spec.tenantRef",
    says: "tenantRef cannot change",
    before: [identityProvider()],
    accepts: identityProvider({ domains: ["agriculture.example"] }),
    refuses: identityProvider({ tenantRef: { name: "minfin" } }),
  },
  {
    at: "spec.alias",
    says: "alias cannot change",
    before: [identityProvider()],
    accepts: identityProvider({ linkExistingAccounts: "ByVerifiedEmail" }),
    refuses: identityProvider({ alias: "staff" }),
  },
  {
    at: "spec.protocol",
    says: "protocol cannot change",
    before: [identityProvider()],
    accepts: identityProvider({ proConnect: { environment: "Production" } }),
    refuses: identityProvider({ protocol: "OIDC", proConnect: null, oidc }),
  },
  {
    at: "spec.proConnect",
    says: "discoveryURL goes with environment Custom, and only with it",
    accepts: identityProvider({
      proConnect: { environment: "Custom", discoveryURL: "https://idp.example/.well-known" },
    }),
    refuses: identityProvider({ proConnect: { environment: "Custom" } }),
  },
];
