import { describe, expect, it } from "vitest";
import { kinds } from "../../crds/kinds.ts";
import { fc, runs } from "../support/fast-check.ts";
import { confinedText, marker, wordsOf, writable } from "../support/hostile-text.ts";
import { refusedByKubernetes, renamed, titlesInOneLine, unparsedTexts } from "../support/read-back.ts";
import { type TextLeaf, textLeaves } from "../support/text-leaves.ts";
import { madeOf, type Texts, type Written, worlds } from "../support/written-worlds.ts";

const leavesOf = (kind: string): TextLeaf[] => kinds.filter((one) => one.kind === kind).flatMap(textLeaves);
const every = kinds.flatMap((meta) => textLeaves(meta).map((leaf) => ({ kind: meta.kind, ...leaf })));

/** No quote but one, no blank, nothing that ends a line or an element, and nothing that a shell, Kubernetes or a template fills in. */
const harmless = /^[A-Za-z0-9._:/@+=,;!*&?'#^~%-]*$/;

/** Fields that take any text. A new one has to be written here, and is pushed through everything below; or it gets a pattern. */
const free: Readonly<Record<string, readonly string[]>> = {
  SovereignRegion: [
    "spec.provider.regionCode",
    "spec.zones[]",
    ...["reference", "holder", "validFrom", "validUntil", "evidenceURI", "verifiedBy"].map(
      (field) => `spec.qualifications[].${field}`,
    ),
  ],
  Tenant: ["spec.displayName", "spec.administrators[].name", "spec.lifecycle.erasureNoticeSentAt"],
  ModuleDeployment: [],
  TenantIdentityProvider: ["spec.proConnect.clientID", "spec.oidc.clientID"],
  // For people, and for the rules of admission; the operator repeats some in conditions and events.
  PolicyException: [
    ...["check", "target.kind", "target.name", "justification", "compensatingMeasures[]"].map(
      (field) => `spec.${field}`,
    ),
    ...["requestedBy", "approvedBy", "expiresAt"].map((field) => `spec.${field}`),
  ],
  Attestation: ["check", "statement", "attestedBy", "validFrom", "expiresAt"].map((field) => `spec.${field}`),
  // The operator writes these itself, of names that are confined.
  NameClaim: ["value", "holder.name", "holder.legalIdentifier", "holder.uid"].map((field) => `spec.${field}`),
};

describe("a text that people write", () => {
  it.each(every.filter(({ pattern }) => pattern !== undefined))(
    "in $path of a $kind holds nothing that means something to whoever reads it",
    (leaf) => {
      fc.assert(
        fc.property(confinedText(leaf), (text) => {
          expect(text).toMatch(harmless);
        }),
        { numRuns: runs(20) },
      );
    },
  );

  it.each(kinds.map(({ kind }) => kind))("may be any text in no other field of a %s than is said here", (kind) => {
    const open = leavesOf(kind).filter(({ pattern }) => pattern === undefined);
    expect(open.map(({ path }) => path).sort()).toEqual([...(free[kind] ?? [])].sort());
  });
});

/** Their values are read as sizes and versions, see below. */
const measured = /\.(storage|maxUploadSize|defaultQuota|mailQuota)$|modules\[\]\.version$/;
const written = {
  region: leavesOf("SovereignRegion").filter(({ path }) => !measured.test(path)),
  tenant: leavesOf("Tenant").filter(({ path }) => !measured.test(path)),
};

/** What only the operator itself has a use for, or people: nothing of it stands in what is made. */
const unseen = new Set([
  ...["apiURL", "clusterID", "organisationID", "regionCode", "spaceID", "credentialsSecretRef.name"].map(
    (field) => `spec.provider.${field}`,
  ),
  ...["evidenceSHA256", "evidenceURI", "holder", "reference", "validFrom", "validUntil", "verifiedBy"].map(
    (field) => `spec.qualifications[].${field}`,
  ),
  ...["country", "zones[]", "compliance.countries[]", "lifecycle.erasureNoticeSentAt"].map((field) => `spec.${field}`),
  ...["identityProviders.allowedHosts[]", "images.overrides[].name", "openXchange.cidrs[]", "openXchange.mailHost"].map(
    (field) => `spec.${field}`,
  ),
  // What the operator itself calls, and Secrets and authorities that it reads or copies.
  ...[
    "keycloak.adminURL",
    "images.pullSecretRef.name",
    "ingress.tlsSecretRef.name",
    "trustBundle.configMapRef.name",
  ].map((field) => `spec.${field}`),
  ...["keycloak", "postgresql.server", "openXchange"].map((block) => `spec.${block}.adminCredentialsSecretRef.name`),
  ...["smtp", "storage.objectStore"].map((block) => `spec.${block}.credentialsSecretRef.name`),
]);

const serverName = "spec.modules[].synapse.serverName";
const texts = (leaves: readonly TextLeaf[], values: readonly string[]): Texts =>
  new Map(leaves.map(({ path }, index) => [path, values[index] ?? ""]));
/** A homeserver is named for the domain of the tenant or for one of mail. */
const ofOneName = (tenant: Texts): Texts => new Map([...tenant, ["spec.mailDomains[]", tenant.get(serverName) ?? ""]]);

const markers: Written = {
  region: texts(
    written.region,
    written.region.map((leaf, index) => marker(leaf, 100 + index)),
  ),
  tenant: ofOneName(
    texts(
      written.tenant,
      written.tenant.map((leaf, index) => marker(leaf, 180 + index)),
    ),
  ),
};

/** The operator's own Keycloak has a name. */
const named = written.region.find(({ path }) => path.endsWith("allowedHosts[]"));
const valueOf = (leaf: TextLeaf): fc.Arbitrary<string> =>
  leaf.path === "spec.keycloak.url" && named !== undefined
    ? confinedText(named).map((host) => `https://${host}:8443`)
    : writable(leaf);
const valuesOf = (leaves: readonly TextLeaf[]): fc.Arbitrary<Texts> =>
  fc.tuple(...leaves.map(valueOf)).map((values) => texts(leaves, values));
const hostile: fc.Arbitrary<Written> = fc
  .record({ region: valuesOf(written.region), tenant: valuesOf(written.tenant).map(ofOneName) })
  .filter(({ region, tenant }) => {
    const [own, platform] = [tenant.get(serverName) ?? "", wordsOf(region.get("spec.keycloak.url") ?? "")[2] ?? ""];
    // Nobody is named for the platform's Keycloak; and the one domain of this tenant is not the other.
    return !`.${own}`.endsWith(`.${platform}`) && own !== tenant.get("spec.domain");
  });

/** What stands for each marker, once others are written. */
function replacements({ region, tenant }: Written): ReadonlyMap<string, string> {
  const pairs = [...markers.region].map(([path, from]) => ({ path, from, to: region.get(path) ?? "" }));
  pairs.push(...[...markers.tenant].map(([path, from]) => ({ path, from, to: tenant.get(path) ?? "" })));
  const seen = pairs.filter(({ path }) => !unseen.has(path));
  const words = seen.flatMap(({ from, to }) =>
    wordsOf(from).map((word, index) => [word, wordsOf(to)[index] ?? ""] as const),
  );
  // Where a word is its own form in a regular expression, the first counts.
  return new Map(words.reverse());
}

describe.each(worlds)("whatever people write into a region with %s and into a tenant there", (world) => {
  const expected = madeOf(markers, world);

  it("is read back by its readers as it was written, and changes nothing else", () => {
    fc.assert(
      fc.property(fc.noShrink(hostile), (values) => {
        const made = madeOf(values, world);
        expect(titlesInOneLine(made)).toEqual(titlesInOneLine(renamed(expected, replacements(values))));
        expect(refusedByKubernetes(made)).toEqual([]);
      }),
      { numRuns: runs(8) },
    );
  });

  it("is, where any text is taken, in no variable, no command and no file whose reader is not asked here", () => {
    const open = [...written.region, ...written.tenant].filter(({ pattern }) => pattern === undefined);
    const words = open.map(({ path }) => markers.region.get(path) ?? markers.tenant.get(path) ?? "");
    const unasked = unparsedTexts(expected);
    expect(unasked.length).toBeGreaterThan(100);
    expect(words.filter((word) => unasked.some((text) => text.includes(word)))).toEqual([]);
  });
});

it("counts somewhere, or is for the operator or for people alone", () => {
  const made = worlds.map((world) => JSON.stringify(madeOf(markers, world))).join();
  const all = [...markers.region, ...markers.tenant];
  const nowhere = all.filter(([, text]) => !wordsOf(text).some((word) => made.includes(word)));
  expect(nowhere.map(([path]) => path).sort()).toEqual([...unseen].sort());
});

describe("an address that people write", () => {
  const addresses = every.filter(({ path }) => /(URL|url|issuer|[hH]ost)$/.test(path));

  it.each(addresses)(
    "in $path of a $kind leads every reader to the same host, and to nobody's account there",
    (leaf) => {
      fc.assert(
        fc.property(confinedText(leaf), (text) => {
          const url = new URL(text.includes("://") ? text : `https://${text}`);
          const [, host, port = ""] = /^(?:https?:\/\/)?([^/:?]+)(?::(\d+))?/.exec(text) ?? [];
          expect([url.hostname, url.username, url.password, url.hash]).toEqual([host, "", "", ""]);
          // None where it is that of the protocol.
          expect([String(Number(port)), ""]).toContain(url.port);
        }),
        { numRuns: runs(20) },
      );
    },
  );
});

describe("a size or a version that people write", () => {
  const sizes = leavesOf("Tenant").filter(({ path }) => measured.test(path) && !path.endsWith("version"));

  it("is a number that every program can count, or is refused with its name", () => {
    fc.assert(
      fc.property(fc.tuple(...sizes.map(confinedText)), (values) => {
        const made = (): unknown => madeOf({ region: markers.region, tenant: texts(sizes, values) }, worlds[0] ?? "");
        const text = textOrRefusal(made);
        expect(text).toMatch(/^\{|openXchange\.mailQuota \S+ for \d+ seats is more than an App Suite can count/);
        expect(text).not.toMatch(/[:,]-?\d+(\.\d+)?e[+-]?\d+/);
      }),
      { numRuns: runs(5) },
    );
  });
});

describe("a version that people write", () => {
  const [version] = leavesOf("ModuleDeployment").filter(({ path }) => path === "spec.version");
  const versioned = ["Synapse", "Jitsi", "Nextcloud", "Collabora", "OpenProject"];

  it.each(versioned)("is the tag of the images of %s, or is refused with its name", (module) => {
    fc.assert(
      fc.property(
        fc.oneof(confinedText(version as TextLeaf), fc.constantFrom("34.0.9", "1.163.9", "17.7.9")),
        (text) => {
          const made = (): unknown => madeOf({ ...markers, versions: new Map([[module, text]]) }, worlds[0] ?? "");
          const said = textOrRefusal(made);
          const images = [...said.matchAll(/"image":"([^"]*)"/g)].map(([, image = ""]) => image);
          expect(images.length > 0 ? images.filter((image) => image.includes(text)) : [said]).not.toEqual([]);
          if (images.length === 0) expect(said).toContain(text);
        },
      ),
      { numRuns: runs(3) },
    );
  });
});

function textOrRefusal(made: () => unknown): string {
  try {
    return JSON.stringify(made());
  } catch (refusal) {
    return (refusal as Error).message;
  }
}
