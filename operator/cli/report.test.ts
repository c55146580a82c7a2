import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import { auditedMinistry } from "../../test/support/audited-ministry.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import type { KubeApi, KubeObject, ListOptions, ListResult } from "../kube/kube-api.ts";
import { catalogue } from "../policy/catalogue/catalogue.ts";
import { TransientError } from "../runtime/errors.ts";
import { type ReportWish, runReport } from "./report.ts";
import { seeCluster } from "./report-objects.ts";
import { reportLines } from "./report-text.ts";

const files = `
apiVersion: socle.dev/v1alpha1
kind: Tenant
metadata: { name: meteo }
spec: { displayName: "Météo \u202e", regionRef: { name: north } }
---
apiVersion: v1
kind: Service
metadata: { name: drive, namespace: t-meteo-apps }
spec: { type: NodePort }
`;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "socle-report-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function report(
  tenant: string | undefined,
  wish: Partial<ReportWish> = {},
  { input = files, kube }: { readonly input?: string; readonly kube?: KubeApi } = {},
) {
  let [results, remarks] = ["", ""];
  const streams = {
    input: (async function* () {
      yield await Promise.resolve(Buffer.from(input));
    })(),
    results: { write: (text: string) => (results += text) },
    remarks: { write: (text: string) => (remarks += text) },
  };
  const source = kube === undefined ? { filename: ["-"] } : {};
  const code = await runReport(
    tenant,
    { lang: "en", output: "text", ...source, ...wish },
    {
      streams,
      now: "2026-06-15T12:00:00Z",
      see: (subject) => seeCluster(kube ?? new InMemoryKubeApi(), subject, catalogue),
    },
  );
  return { code, results, remarks };
}

describe("socle report of files", () => {
  it("tells counts and what is open, with exit code 0 whatever it finds", async () => {
    const { code, results } = await report("meteo");
    expect(code).toBe(0);
    expect(results).toMatch(/^critical +1 +/m);
    expect(results).toMatch(/^critical +13-06 +13\.2\.\w +Service t-meteo-apps\/drive +unknown +spec\.type: /m);
  });

  it("tells where data lie and how that is known, once for what is alike", () => {
    const lines = reportLines(auditedMinistry({ language: "en" }));
    const at = lines.indexOf("Location of data");
    expect(lines[at + 1]).toMatch(/^Store +Country +Region +Zones +How that is known +Objects$/);
    expect(lines.slice(at + 2)).toContainEqual(
      expect.stringMatching(/^Volume +FR +cloudgouv-eu-west-1 +– +the region alone declares it +[1-9]\d*$/),
    );
  });

  it("speaks French where it is asked to, and lets no name turn the direction of a line", async () => {
    const { results } = await report("meteo", { lang: "fr" });
    expect(results).toMatch(/^Rapport de contrôle du locataire Météo \\u\{202e\} \(meteo\)$/m);
  });

  it("writes a page and its digest beside it, for its owner alone, and tells the digest", async () => {
    const html = join(directory, "one.html");
    const { code, results } = await report("meteo", { html, output: "json" });
    const sha256 = createHash("sha256").update(readFileSync(html)).digest("hex");
    expect(code).toBe(0);
    expect(JSON.parse(results)).toMatchObject({ subject: { name: "meteo" }, file: { path: html, sha256 } });
    expect(readFileSync(`${html}.sha256`, "utf8")).toBe(`${sha256}  one.html\n`);
    expect(statSync(html).mode & 0o077).toBe(0);
  });

  it.each([
    { tenant: undefined, wish: {}, says: "Name a Tenant, or a SovereignRegion with --region; one of them.\n" },
    {
      tenant: "meteo",
      wish: { region: "north" },
      says: "Name a Tenant, or a SovereignRegion with --region; one of them.\n",
    },
    { tenant: "meteo", wish: { since: "yesterday" }, says: /^--since yesterday: give days or hours before now/ },
    { tenant: "meteo", wish: { since: "2027-01-01" }, says: /a day that has begun/ },
    { tenant: "meteo", wish: { since: "2026-02-31" }, says: /^--since 2026-02-31/ },
  ])("refuses $tenant with $wish, with exit code 2", async ({ tenant, wish, says }) => {
    const { code, remarks, results } = await report(tenant, wish);
    expect([code, results]).toEqual([2, ""]);
    expect(remarks).toMatch(says);
  });

  it.each(["30d", "12h", "2026-06-01", "2026-06-01T08:00:00Z", "2026-06-01T08:00:00+02:00"])(
    "takes %s as a moment",
    async (since) => {
      const { results } = await report("meteo", { since, output: "json" });
      expect(Date.parse((JSON.parse(results) as { since: string }).since)).toBeLessThan(
        Date.parse("2026-06-15T12:00:00Z"),
      );
    },
  );

  it("names a document that is no object", async () => {
    expect(await report("meteo", {}, { input: "kind: Tenant" })).toMatchObject({
      code: 2,
      remarks: expect.stringContaining("this is no Kubernetes object") as unknown,
    });
  });
});

describe("socle report of a cluster", () => {
  /** A cluster with these objects, in which nobody may list what `forbids` says. */
  async function cluster(
    objects: readonly Manifest[],
    forbids: (kind: string, namespace: string | undefined) => boolean = () => false,
  ): Promise<KubeApi> {
    const kube = new (class extends InMemoryKubeApi {
      override async list<T extends KubeObject>(
        type: Parameters<KubeApi["list"]>[0],
        options: ListOptions = {},
      ): Promise<ListResult<T>> {
        if (forbids(type.kind, options.namespace))
          throw new TransientError("PermissionMissing", `list ${type.kind}: forbidden`);
        if (type.kind === "HTTPRoute") throw new TransientError("DependencyMissing", "it does not serve HTTPRoute");
        return await super.list(type, options);
      }
    })({ types: socleResourceTypes });
    for (const object of objects) await kube.create(object);
    return kube;
  }
  const namespaces = ["t-meteo", "t-meteo-apps", "t-marine-apps"].map((name) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
  }));
  const of = (kind: string, name: string, spec: unknown): Manifest => ({
    apiVersion: "socle.dev/v1alpha1",
    kind,
    metadata: { name },
    spec,
  });
  const service = (namespace: string): Manifest => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "drive", namespace },
    spec: { type: "NodePort" },
  });
  const world = [
    ...namespaces,
    of("Tenant", "meteo", { displayName: "Météo", regionRef: { name: "north" } }),
    of("Tenant", "marine", { displayName: "Marine", regionRef: { name: "north" } }),
    of("SovereignRegion", "north", {}),
    service("t-meteo-apps"),
    service("t-marine-apps"),
  ];
  const told = async (kube: KubeApi, tenant: string | undefined, wish: Partial<ReportWish> = {}) =>
    JSON.parse((await report(tenant, { ...wish, output: "json" }, { kube })).results) as {
      readonly findings: readonly { readonly check: string; readonly object: { readonly namespace?: string } }[];
      readonly unread: readonly {
        readonly kind: string;
        readonly because: string;
        readonly scopes: readonly string[];
      }[];
    };

  it("reads what belongs to the tenant, and names the kinds that the cluster does not have", async () => {
    const { findings, unread } = await told(await cluster(world), "meteo");
    const services = findings.filter(({ check }) => check === "13-06");
    expect(services).toMatchObject([{ object: { namespace: "t-meteo-apps" } }]);
    expect(JSON.stringify(findings)).not.toContain("marine");
    expect(unread.filter(({ because }) => because !== "absent")).toEqual([]);
    // The second is what a provider tells, which no server keeps; this region lives on none that tells anything.
    expect(unread.map(({ kind }) => kind).sort()).toEqual(["HTTPRoute", "NumSpotFacts"]);
  });

  it("goes on with the rights of a person who may list at home and nowhere else, and says what it did not see", async () => {
    const kube = await cluster(world, (_kind, namespace) => namespace === undefined);
    const { findings, unread } = await told(kube, "meteo");
    expect(findings.filter(({ check }) => check === "13-06")).toHaveLength(1);
    expect(unread).toContainEqual(
      expect.objectContaining({ kind: "RoleBinding", because: "forbidden", scopes: ["platform"] }),
    );
    expect(unread).toContainEqual(expect.objectContaining({ kind: "Node", because: "forbidden" }));
    expect(unread.map(({ kind }) => kind)).not.toContain("Service");
  });

  it("judges the platform by what it does to every tenant", async () => {
    const { findings, unread } = await told(await cluster(world), undefined, { region: "north" });
    expect(findings.filter(({ check }) => check === "8-01").map(({ object }) => object.namespace)).toEqual([
      "t-meteo-apps",
      "t-marine-apps",
    ]);
    expect(unread.map(({ kind }) => kind).sort()).toEqual(["HTTPRoute", "NumSpotFacts"]);
  });

  it("evaluates nothing that rests on what NumSpot tells, where the region lives there: no server keeps it", async () => {
    const onNumSpot = world.map((object) =>
      object.kind === "SovereignRegion" ? { ...object, spec: { provider: { type: "NumSpot" } } } : object,
    );
    const { findings, unread } = await told(await cluster(onNumSpot), undefined, { region: "north" });
    expect(unread).toContainEqual(expect.objectContaining({ kind: "NumSpotFacts", because: "failed" }));
    expect(findings.map(({ check }) => check)).not.toContain("8-01");
  });

  it("fails where the tenant is not there", async () => {
    await expect(report("nobody", {}, { kube: await cluster(world) })).rejects.toThrow(
      "Tenant nobody does not exist; `socle status` lists those that do.",
    );
  });
});
