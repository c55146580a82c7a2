import { describe, expect, it } from "vitest";
import {
  parseTenantIdentityProvider,
  tenantIdentityProviderKind,
} from "../../crds/v1alpha1/tenant-identity-provider.ts";
import { openIdBroker, proConnectBroker, samlBroker } from "../../operator/identity/broker.ts";
import { type DiscoveredProvider, discovered } from "../../operator/identity/discovery.ts";
import { registrationOf } from "../../operator/identity/registration.ts";
import type { BrokerDesired } from "../../operator/keycloak/broker-desired.ts";
import { projectsConfiguration } from "../../operator/modules/open-project/configuration.ts";
import { decodeSecret } from "../../operator/systems/secret-store.ts";
import { fc, runs } from "../support/fast-check.ts";
import { hostileText, marker, wordsOf, writable } from "../support/hostile-text.ts";
import { accepted } from "../support/produced.ts";
import { renamed } from "../support/read-back.ts";
import { readConfiguration } from "../support/ruby-template.ts";
import { type Fields, textLeaves, withTexts } from "../support/text-leaves.ts";
import type { Texts } from "../support/written-worlds.ts";

const any = hostileText({ min: 1, max: 200 });
const issuer = "https://idp.example/api/v2";

describe("whatever people write of a provider of identities, and it of itself", () => {
  const leaves = textLeaves(tenantIdentityProviderKind);
  const protocols = ["ProConnect", "OIDC", "SAML"] as const;
  const textsOf = (values: readonly string[]): Texts =>
    new Map(leaves.map(({ path }, index) => [path, values[index] ?? ""]));
  const base: Fields = {
    apiVersion: "socle.dev/v1alpha1",
    kind: "TenantIdentityProvider",
    metadata: { name: "provider", namespace: "t-minagri" },
    spec: { proConnect: { environment: "Custom" } },
  };
  /** What a provider tells and may be called by. */
  const told = "told-by-the-provider";

  /** The broker of the realm, and what is registered at the provider, as Keycloak and people get them: as JSON. */
  function made(texts: Texts, protocol: (typeof protocols)[number], says: string): unknown {
    const written = withTexts(base, texts) as { readonly spec: Fields };
    const { spec } = accepted({ ...written, spec: { ...written.spec, protocol } }, parseTenantIdentityProvider);
    const common = { realm: "minagri", marker: "ours", spec, enabled: true, secretVersion: "1" };
    const provider: DiscoveredProvider = {
      issuer: spec.oidc?.issuer ?? issuer,
      authorizationEndpoint: `${issuer}/authorize`,
      tokenEndpoint: `${issuer}/token`,
      userInfoEndpoint: `${issuer}/userinfo`,
      jwksUri: `${issuer}/jwks`,
    };
    const sirens = spec.proConnect?.allowedSirens ?? [];
    const sirets = spec.proConnect?.allowedSirets ?? [];
    const brokers: Readonly<Record<typeof protocol, () => readonly BrokerDesired[]>> = {
      // One by one: together, they are sorted.
      ProConnect: () =>
        [
          { sirens, sirets: [] },
          { sirens: [], sirets },
        ].map((admission) => proConnectBroker({ ...common, provider, admission })),
      OIDC: () => [openIdBroker({ ...common, provider })],
      SAML: () => [samlBroker({ ...common, metadata: { idpEntityId: says, signingCertificate: says } })],
    };
    const { digest: _digest, ...registration } = registrationOf(issuer, spec);
    return JSON.parse(JSON.stringify({ brokers: brokers[protocol](), registration }));
  }

  it.each(protocols)(
    "is in the realm's provider of protocol %s as it is, and changes nothing else there",
    (protocol) => {
      const markers = textsOf(leaves.map((leaf, index) => marker(leaf, 100 + index)));
      const expected = made(markers, protocol, told);
      fc.assert(
        fc.property(fc.tuple(...leaves.map(writable)), any, (values, says) => {
          const texts = textsOf(values);
          const words = [...markers].flatMap(([path, from]) => {
            const to = wordsOf(texts.get(path) ?? "");
            return wordsOf(from).map((word, index) => [word, to[index] ?? ""] as const);
          });
          const replaced = new Map([[told, says] as const, ...words.reverse()]);
          // The name that people see is the host with its port, which some protocols leave out.
          expect(made(texts, protocol, says)).toEqual(renamed(expected, replaced));
        }),
        { numRuns: runs(30) },
      );
    },
  );
});

describe("an endpoint that a provider tells", () => {
  const parts = fc.constantFrom(
    ...[
      "public.example",
      "10.0.0.1",
      "metadata.internal",
      "user:password",
      "user",
      "@",
      "\\",
      "/",
      "?",
      "#",
      ":",
      ":443",
    ],
    ...[
      "\n",
      "\r\n",
      "\t",
      " ",
      "\u0000",
      "\u2028",
      "%0d%0a",
      "%",
      "[::1]",
      "é.example",
      "。",
      "x",
      ".",
      "'",
      '"',
      "<",
      "{",
      "|",
    ],
  );
  const endpoint = fc.array(parts, { minLength: 1, maxLength: 5 }).map((some) => `https://${some.join("")}`);
  /** RFC 3986, appendix B, whose authority ends at the first of three signs; and 3.2, by which an at-sign ends who asks. */
  const plainHost = (text: string): string => /^https:\/\/([^/?#]*)/.exec(text)?.[1]?.replace(/^.*@|:\d*$/g, "") ?? "";

  it("leads every program to the host that was checked, or the document is refused", () => {
    const names = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"];
    let taken = 0;
    fc.assert(
      fc.property(endpoint, fc.nat(names.length - 1), (text, index) => {
        const fine = Object.fromEntries(names.map((name) => [name, `${issuer}/x`]));
        const document = JSON.stringify({ issuer, ...fine, [names[index] ?? ""]: text });
        const reach = { allowedHosts: [], allowedCIDRs: [] };
        if (!discovered(document, { url: issuer, signedUserInfo: false, reach }).ok) return;
        taken += 1;
        expect(text).toMatch(/^[!-~]+$/);
        const hosts = [plainHost(text).toLowerCase(), new URL(text).hostname];
        expect(hosts[0]?.replace(/\.$/, "")).toBe(hosts[1]?.replace(/\.$/, ""));
      }),
      { numRuns: runs(2_000) },
    );
    expect(taken).toBeGreaterThan(10);
  });
});

describe("what a Secret of somebody holds", () => {
  it("is in the configuration of OpenProject as it is, and changes nothing else there", () => {
    const settings = projectsConfiguration({
      host: "projects.example",
      innerHost: "openproject.svc",
      realm: { issuer, clientId: "openproject", displayName: "Ministry" },
      bucket: { name: "b", url: "https://s3.example", region: "r", pathStyle: true },
      mail: { host: "relay.example", port: 587, tls: "StartTLS", from: "suite@suite.example", account: true },
      cacheHost: "redis.svc",
    });
    const files = [...new Set([...settings.matchAll(/File\.read\('([^']*)'\)/g)].map(([, file = ""]) => file))];
    const holding = (values: readonly string[]): Readonly<Record<string, string>> =>
      Object.fromEntries(files.map((file, index) => [file, values[index] ?? ""]));
    const marked = files.map((_file, index) => `marker${index}x`);
    const expected = readConfiguration(settings, holding(marked));
    fc.assert(
      fc.property(fc.tuple(...files.map(() => any)), (values) => {
        const replaced = new Map(marked.map((word, index) => [word, values[index] ?? ""]));
        expect(readConfiguration(settings, holding(values))).toEqual(renamed(expected, replaced));
      }),
      { numRuns: runs(50) },
    );
    expect(files.length).toBeGreaterThan(5);
  });

  it("has no key but those that are there, whatever people call the one that they mean", () => {
    const data = decodeSecret({ token: Buffer.from("value").toString("base64") });
    for (const key of ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"])
      expect(data[key], key).toBeUndefined();
    expect(data["token"]).toBe("value");
  });
});
