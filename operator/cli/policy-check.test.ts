import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCatalog } from "./policy-catalog.ts";
import { type CheckWish, runCheck } from "./policy-check.ts";

async function check(input: string, wish: Partial<CheckWish> = {}) {
  let [results, remarks] = ["", ""];
  const code = await runCheck(
    { filename: ["-"], profile: "secnumcloud", strict: false, output: "table", ...wish },
    {
      input: (async function* () {
        yield await Promise.resolve(Buffer.from(input));
      })(),
      results: { write: (text: string) => (results += text) },
      remarks: { write: (text: string) => (remarks += text) },
    },
    "2026-06-15T12:00:00Z",
  );
  return { code, results, remarks };
}

const service = (type: string): string => `
apiVersion: v1
kind: Service
metadata: { name: drive, namespace: t-meteo-apps, labels: { socle.dev/tenant: meteo } }
spec: { type: ${type} }
`;
const ingress = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: drive, namespace: t-meteo-apps, labels: { socle.dev/tenant: meteo } }
spec: { rules: [{ host: drive.meteo.example }] }
`;
const pod = (privileged: boolean): string => `
apiVersion: v1
kind: Pod
metadata: { name: one, namespace: t-meteo-apps }
spec: { containers: [{ name: a, image: a, securityContext: { privileged: ${privileged} } }] }
`;

describe("socle policy check", () => {
  it("says nothing but counts of objects that pass", async () => {
    const { code, results } = await check(service("ClusterIP"), { check: ["13-06"] });
    expect(code).toBe(0);
    expect(results).toMatch(/^1 pass, 0 fail, 0 error, 0 skip; not evaluated: /);
  });

  it("names check, object, field and remedy of what fails, with exit code 2", async () => {
    const { code, results } = await check(service("NodePort"), { check: ["13-06"] });
    expect(code).toBe(2);
    expect(results).toMatch(
      /^FAIL +13-06 +Service t-meteo-apps\/drive +spec\.type +Type NodePort .*; make it ClusterIP\./m,
    );
  });

  it("tells programs the same", async () => {
    const { code, results } = await check(service("NodePort"), { check: ["13-06"], output: "json" });
    expect(code).toBe(2);
    expect(JSON.parse(results)).toMatchObject({
      results: [{ check: "13-06", result: "fail", object: { kind: "Service" }, problems: [{ observed: "NodePort" }] }],
    });
  });

  it("does not judge where what it judges by is not in the files, and with --strict that is an error", async () => {
    const text = `${ingress}---${service("ClusterIP")}`;
    expect(await check(text, { check: ["13-06", "13-07"] })).toMatchObject({ code: 0, remarks: "" });
    const strict = await check(text, { check: ["13-06", "13-07"], strict: true });
    expect(strict).toMatchObject({
      code: 1,
      remarks: expect.stringContaining("13-07: nothing to judge: no Tenant") as string,
    });
  });

  it("shows what an exception excuses, and does not fail for it", async () => {
    const excusing = {
      apiVersion: "socle.dev/v1alpha1",
      kind: "PolicyException",
      metadata: { name: "old-phones", namespace: "t-meteo" },
      spec: {
        check: "13-06",
        target: { module: "Nextcloud" },
        justification: "The old phones of the mountain stations need the port until they are replaced.",
        compensatingMeasures: ["The port is open to their addresses alone."],
        risk: "Low",
        requestedBy: "alex",
        approvedBy: "camille",
        expiresAt: "2026-07-01T00:00:00Z",
      },
    };
    const drive = service("NodePort").replace("meteo }", "meteo, socle.dev/module: Nextcloud }");
    const { code, results } = await check(`${drive}---\n${JSON.stringify(excusing)}`, { check: ["13-06"] });
    expect(code).toBe(0);
    expect(results).toMatch(
      /^SKIP +13-06 +Service t-meteo-apps\/drive +spec\.type +old-phones excuses it: Type NodePort /m,
    );
    expect(results).toContain("0 pass, 0 fail, 0 error, 1 skip;");
  });

  it("counts apart what passes by a person's word", async () => {
    const region = "apiVersion: socle.dev/v1alpha1\nkind: SovereignRegion\nmetadata: { name: cloudgouv }\nspec: {}\n";
    const example = readFileSync(join(import.meta.dirname, "../../examples/attestation.yaml"), "utf8");
    const attested = example.replace("2026-09-01", "2026-06-01");
    const wish = { check: ["5-06"] };
    expect((await check(`${region}---\n${attested}`, wish)).results).toMatch(/^1 pass \(1 attested\), 0 fail/);
    expect(await check(region, wish)).toMatchObject({
      code: 1,
      results: expect.stringContaining("Nobody has attested this of SovereignRegion cloudgouv") as string,
    });
  });

  it("fails with a sentence where nothing is evaluated", async () => {
    const { code, remarks } = await check("apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n", {
      check: ["13-06"],
    });
    expect(code).toBe(1);
    expect(remarks).toMatch(/^Nothing was evaluated: /);
  });

  it.each([
    { that: "a check that there is not", text: service("ClusterIP"), wish: { check: ["99-99"] }, says: /called 99-99/ },
    {
      that: "an object without a name",
      text: "kind: Service\napiVersion: v1\n",
      wish: {},
      says: /no Kubernetes object/,
    },
    { that: "a file that is no YAML", text: "a: [", wish: {}, says: /is no YAML/ },
  ])("refuses $that with exit code 2, and judges nothing", async ({ text, wish, says }) => {
    const { code, results, remarks } = await check(text, wish);
    expect([code, results]).toEqual([2, ""]);
    expect(remarks).toMatch(says);
  });

  it("judges Pods alone by the Pod Security Standards", async () => {
    const wish = { profile: "pss-baseline" } as const;
    expect((await check(pod(false), wish)).code).toBe(0);
    const { code, results } = await check(pod(true), wish);
    expect(code).toBe(2);
    expect(results).toContain("spec.containers[0].securityContext.privileged");
    expect((await check(pod(false), { profile: "pss-restricted" })).code).toBe(2);
    expect((await check(service("NodePort"), wish)).code).toBe(1);
  });
});

describe("socle policy catalog", () => {
  const listed = (profile: "secnumcloud" | "hds"): { counts: { total: number }; checks: { id: string }[] } => {
    let text = "";
    expect(runCatalog({ profile, output: "json" }, { write: (part: string) => (text += part) })).toBe(0);
    return JSON.parse(text) as ReturnType<typeof listed>;
  };

  it("lists every check for programs, with counts that sum to their number", () => {
    const { counts, checks } = listed("secnumcloud");
    expect(counts.total).toBe(checks.length);
    const { total, ...sorts } = counts as unknown as { total: number } & Record<string, Record<string, number>>;
    for (const sort of Object.values(sorts)) expect(Object.values(sort).reduce((sum, one) => sum + one, 0)).toBe(total);
  });

  it("lists for people a line for each, and the counts", () => {
    let text = "";
    runCatalog({ profile: "secnumcloud", output: "text" }, { write: (part: string) => (text += part) });
    expect(text).toMatch(/^13-06 +13\.2\.a +critical +tenant +implemented /m);
    expect(text).toMatch(/\n\d+ checks: .*implemented/);
  });
});
