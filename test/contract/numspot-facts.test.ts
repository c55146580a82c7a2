import { afterEach, describe, expect, test } from "vitest";
import { factsManifest } from "../../operator/controllers/region/provider-facts.ts";
import { askFacts } from "../../operator/numspot/facts.ts";
import { HttpNumSpotApi } from "../../operator/numspot/http-numspot-api.ts";
import { connectS3 } from "../../operator/objectstore/s3-object-store-api.ts";
import { catalogue } from "../../operator/policy/catalogue/catalogue.ts";
import { evaluate } from "../../operator/policy/evaluate.ts";
import type { Result } from "../../operator/policy/result.ts";
import { FakeNumSpot, type FakeNumSpotOptions, refusal } from "../servers/fake-numspot.ts";
import { fill, type SpaceContent, soundSpace } from "../support/numspot-worlds.ts";

const never = new AbortController().signal;
const now = Date.parse("2026-06-15T12:00:00Z");
const around = [
  { apiVersion: "socle.dev/v1alpha1", kind: "Tenant", metadata: { name: "minagri" }, spec: {} },
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "t-minagri", labels: { "socle.dev/tenant": "minagri" } } },
];
/** Every check that judges what NumSpot tells. */
const checks = catalogue.filter(
  ({ evaluation }) =>
    evaluation.status === "implemented" && evaluation.subjects.some(({ scope }) => scope === "provider"),
);
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function started(options: Partial<FakeNumSpotOptions> = {}): Promise<FakeNumSpot> {
  const fake = await FakeNumSpot.start(options);
  closers.push(() => fake.stop());
  return fake;
}

async function judged(fake: FakeNumSpot): Promise<Readonly<Record<string, readonly string[]>>> {
  const byResult = Map.groupBy(await resultsOf(fake), ({ result }) => result);
  return Object.fromEntries([...byResult].map(([result, of]) => [result, of.map(({ check }) => check)]));
}

/** What the checks say of a space, as the operator hears of it. */
async function resultsOf(fake: FakeNumSpot): Promise<readonly Result[]> {
  const { id: clientId, secret: clientSecret } = fake.account;
  const api = new HttpNumSpotApi({ url: fake.origin, ca: fake.authority, clientId, clientSecret }, () => Date.now());
  const store = connectS3({
    url: `${fake.origin}/spaces/${fake.space}`,
    region: "eu-west-2",
    pathStyle: true,
    accessKeyId: fake.accessKey,
    secretAccessKey: "secret of the key",
    ca: fake.authority,
  });
  closers.push(
    () => api.close(),
    () => store.close(),
  );
  const sources = { api, space: fake.space, organisation: undefined, cluster: undefined };
  const found = await askFacts({ ...sources, buckets: (signal) => store.buckets(signal) }, never);
  const { results } = evaluate(checks, [factsManifest("region", found, now), ...around], new Date(now).toISOString());
  return results;
}

const all = checks.map(({ id }) => id);
const [cluster] = soundSpace.clusters;
const [database] = soundSpace.databases;
const [balancer] = soundSpace.loadBalancers;
const [group] = soundSpace.securityGroups;
const [tunnel] = soundSpace.vpnConnections;
const weakest = { groups: [2, 14, 16, 19, 21], encryption: ["aes128", "aes256"], integrity: ["sha1", "sha2-256"] };

/** What somebody gets who takes what NumSpot gives where nothing else is said. */
const asItComes: SpaceContent = {
  ...soundSpace,
  clusters: [{ ...cluster!, visibility: "EXTERNAL" }],
  databases: [{ ...database!, visibility: "EXTERNAL", backups: { encryption: "NONE", walEncryption: "NONE" } }],
  loadBalancers: [{ ...balancer!, listeners: [{ port: 8080, protocol: "HTTP" }] }],
  securityGroups: [{ ...group!, outbound: [{ protocol: "-1", ipRanges: ["0.0.0.0/0"] }] }],
  vpnConnections: [{ ...tunnel!, phase1: { ...weakest, ikeVersions: ["ikev2"] }, phase2: weakest }],
  accounts: [{ id: "1", name: "socle" }],
};

describe("the checks, over what a FAKE NumSpot tells", () => {
  test("pass where the platform team has seen to everything", async () => {
    const fake = await started();
    fill(fake, { ...soundSpace, accounts: soundSpace.accounts.slice(0, 1) });
    fake.buckets.push("minagri-nextcloud");
    expect(await judged(fake)).toEqual({ pass: all });
  });

  test("fail for each weak default of NumSpot", async () => {
    const fake = await started();
    fill(fake, asItComes);
    fake.buckets.push("somebodys-backups");
    expect(await judged(fake)).toEqual({
      fail: ["8-01", "9-21", "9-25", "9-28", "9-29", "10-03", "10-11", "10-15", "13-04"],
      pass: ["5-02"],
    });
  });

  test("say of backups that nobody knows, where the API is of the version that tells nothing of them", async () => {
    const fake = await started({ generation: "2026-02" });
    fill(fake, { ...soundSpace, accounts: [] });
    expect(await judged(fake)).toMatchObject({ error: ["10-03"] });
  });

  test("never pass where NumSpot does not answer", async () => {
    const fake = await started();
    fake.broken = () => refusal(500, "internal_error");
    const results = await resultsOf(fake);
    expect(results.map(({ check, result }) => `${check} ${result}`)).toEqual(all.map((id) => `${id} error`));
    for (const { problems } of results) expect(problems[0]?.message).toMatch(/^facts\.\w+ is not known: .*HTTP 500/);
  });
});
