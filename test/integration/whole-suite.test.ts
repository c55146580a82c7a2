import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filedException } from "../support/filed-exception.ts";
import { moduleNames } from "../../crds/v1alpha1/modules.ts";
import { names } from "../../crds/group.ts";
import { connectS3 } from "../../operator/objectstore/s3-object-store-api.ts";
import type { EvidenceText } from "../../operator/policy/evidence/lines.ts";
import { readHead } from "../../operator/policy/evidence/record.ts";
import { verifyEvidence } from "../../operator/policy/evidence/verify.ts";
import { FakeAppSuite } from "../servers/fake-app-suite.ts";
import { type ObjectStoreProcess, startObjectStore } from "../servers/versitygw-server.ts";
import { FakeApplicationServer } from "../support/fake-application-server.ts";
import { FakeKubelet } from "../support/fake-kubelet.ts";
import { installDefinitionsOf } from "../support/definitions.ts";
import { type OperatorProcess, operatorUser } from "../support/installation.ts";
import { type Live, type OwnPlatform, ownPlatform, type Platform } from "../support/platform.ts";
import { auditEvents, eventually, uniqueName } from "../support/test-cluster.ts";

/*
 * The whole suite under the operator's own rights: real API server and controllers, real Keycloak, PostgreSQL and object store. What no registry has is a
 * FAKE, and so is what would run on nodes.
 */
const tenant = uniqueName("t");
const domain = `${tenant}.example`;
const address = "192.0.2.80";
const entries = moduleNames.map((module) =>
  module === "OpenProject"
    ? { module, openProject: { enterpriseTokenSecretRef: { name: "bought", key: "token" } } }
    : { module },
);

interface Report {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly summary: Readonly<Record<string, number>>;
  readonly results: readonly {
    readonly policy: string;
    readonly result: string;
    readonly properties: Readonly<Record<string, string>>;
    readonly resources?: readonly { readonly name: string }[];
  }[];
}

interface Told {
  readonly action?: string;
  readonly note?: string;
  readonly regarding: { readonly name: string };
}

let own: OwnPlatform;
let platform: Platform;
let store: ObjectStoreProcess;
let appSuite: FakeAppSuite;
let applications: FakeApplicationServer;
let kubelet: FakeKubelet;
let operator: OperatorProcess;

const startOperator = (): Promise<OperatorProcess> =>
  own.startOperator({ FAKE_APPLICATIONS: applications.address }, "test/support/operator-with-fake-applications.ts");

beforeAll(async () => {
  [own, store, appSuite] = await Promise.all([
    ownPlatform("whole-suite"),
    startObjectStore(() => undefined),
    FakeAppSuite.start(),
  ]);
  ({ platform } = own);
  for (const whose of ["gatewayApi", "openReports", "certManager"] as const)
    await installDefinitionsOf(platform.kubectl, whose);
  const { keycloak } = platform.servers;
  applications = await FakeApplicationServer.start((args) => platform.get(args), `${keycloak.url}/realms`);
  kubelet = new FakeKubelet(own.controlPlane.kubeconfig);
  const back = `https://mail.${domain}/appsuite/api/oidc/auth`;
  const query = new URLSearchParams({ client_id: "openxchange", redirect_uri: back }).toString();
  appSuite.logins.set(`mail.${domain}`, `${keycloak.url}/realms/${tenant}/protocol/openid-connect/auth?${query}`);
  operator = await startOperator();
}, 300_000);

afterAll(async () => {
  await kubelet.stop();
  applications.stop();
  await appSuite.stop();
  await own.stop();
  await store.stop();
}, 60_000);

/** Everything that any module asks of a region, with a Gateway to publish by. */
async function equippedRegion(): Promise<string> {
  const { server } = store;
  const keys = { accessKeyID: server.accessKeyId, secretAccessKey: server.secretAccessKey };
  const { login, password } = appSuite.master;
  const inOperatorNamespace = { namespace: "socle-system" };
  await platform.kubectl.apply([
    platform.secret("store", keys),
    platform.secret("relay", { username: "suite", password: "of the relay" }),
    platform.secret("app-suite", { username: login, password }),
    ...["nextcloud", "openproject"].map((module) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { ...inOperatorNamespace, name: `${tenant}-${module}` },
      stringData: { accessKeyID: `of-${module}`, secretAccessKey: `of the bucket of ${module}` },
    })),
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { ...inOperatorNamespace, name: "public" },
      spec: { gatewayClassName: "none", listeners: [{ name: "https", protocol: "HTTPS", port: 443 }] },
    },
  ]);
  const addresses = [{ type: "IPAddress", value: address }];
  await platform.kubectl.ok([
    ...["patch", "gateway", "public", "-n", "socle-system", "--subresource=status", "--type=merge", "-p"],
    JSON.stringify({ status: { addresses } }),
  ]);
  return await platform.region("home", {
    ingress: { gatewayRef: { name: "public", listener: "https" }, from: { cidrs: ["127.0.0.0/8"] } },
    images: { mirror: "registry.example" },
    media: { exposure: "NodePort" },
    storage: {
      className: platform.name("storage"),
      objectStore: {
        url: server.url,
        region: server.region,
        pathStyle: true,
        cidrs: ["127.0.0.1/32"],
        credentialsSecretRef: { name: platform.name("store") },
      },
    },
    smtp: {
      host: "relay.example",
      port: 587,
      tls: "StartTLS",
      from: "suite@example.org",
      cidrs: ["192.0.2.25/32"],
      credentialsSecretRef: { name: platform.name("relay") },
    },
    openXchange: {
      url: `${appSuite.origin}/webservices`,
      cidrs: ["127.0.0.1/32"],
      adminCredentialsSecretRef: { name: platform.name("app-suite") },
    },
  });
}

const modules = async (): Promise<readonly Live[]> => await platform.list(["moduledeployments", "-n", `t-${tenant}`]);
const ofModules = (live: readonly Live[]): readonly string[] => live.map(({ spec }) => spec["module"] as string).sort();
/** Requests of the operator that its rights, a policy or a namespace refused. */
const refused = (): readonly string[] =>
  auditEvents(own.controlPlane.auditLog, operatorUser)
    .filter(({ responseStatus }) => responseStatus?.code === 403)
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
const reports = async (): Promise<readonly Report[]> =>
  (await platform.list(["reports.openreports.io", "-n", `t-${tenant}`])) as unknown as readonly Report[];
/** What the reports tell of a check, and of which objects. */
const toldOf = async (check: string): Promise<readonly string[]> =>
  (await reports())
    .flatMap(({ results }) => results)
    .filter(({ policy }) => policy === check)
    .flatMap(({ result, resources = [] }) => [result, ...resources.map(({ name }) => `${result} ${name}`)]);
/** Writes of reports that the audit log of the API server tells of. */
const reportWrites = (): readonly string[] =>
  auditEvents(own.controlPlane.auditLog, operatorUser)
    .filter(({ verb, requestURI }) => requestURI.includes("/openreports.io/") && ["patch", "create"].includes(verb))
    .map(({ requestURI }) => new URL(requestURI, "https://api.example").pathname.split("/").at(-1) ?? "");
/** What the region's bucket keeps of the tenant. */
async function evidence(): Promise<readonly EvidenceText[]> {
  const api = connectS3(store.server);
  const { signal } = new AbortController();
  const bucket = (await api.buckets(signal)).find((name) => name.startsWith("socle-evidence-")) ?? "none";
  const texts: EvidenceText[] = [];
  for (const day of (await api.list(bucket, `t-${tenant}/`, signal)).filter((folder) => folder !== "checkpoints/"))
    for (const file of await api.list(bucket, `t-${tenant}/${day}`, signal)) {
      const key = `t-${tenant}/${day}${file}`;
      texts.push({ name: key, bytes: Buffer.from((await api.read({ bucket, key }, signal)) ?? "") });
    }
  await api.close();
  return texts;
}
/** The latest record that a report names. */
async function headOfReports() {
  const heads = (await reports()).map(({ metadata }) => readHead(metadata.annotations?.[names.evidenceHead] ?? ""));
  const [latest] = heads.filter((one) => one !== undefined).toSorted((left, right) => right.sequence - left.sequence);
  if (latest === undefined) throw new Error("no report names a record");
  return latest;
}
const wish = async (some: readonly object[]): Promise<void> => {
  await platform.kubectl.ok([
    "patch",
    "tenant",
    tenant,
    "--type=merge",
    "-p",
    JSON.stringify({ spec: { modules: some } }),
  ]);
};

describe("a ministry with the whole suite, in a region with a Gateway", () => {
  test("becomes Ready with every module, and the operator's rights refuse it nothing", async () => {
    const region = await equippedRegion();
    await platform.ready("sovereignregion", region);
    await platform.tenant(region, { modules: entries, domain, mailDomains: [domain] }, tenant);
    const bought = { apiVersion: "v1", kind: "Secret", metadata: { name: "bought", namespace: `t-${tenant}` } };
    await eventually(() => platform.kubectl.apply([{ ...bought, stringData: { token: "bought for years" } }]), 60_000);
    await platform.ready("tenant", tenant, 240_000).catch(async (error: unknown) => {
      const told = (await modules()).map(
        ({ metadata, status }) =>
          `${metadata.name}: ${JSON.stringify(status?.conditions?.filter(({ status: is }) => is !== "True").map(({ type, message }) => [type, message]))}`,
      );
      throw new Error(`${String(error)}\n${told.join("\n")}`);
    });
    expect(ofModules(await modules())).toEqual([...moduleNames].sort());
    expect(refused()).toEqual([]);
  }, 300_000);

  test("has pods that its namespaces admit: each controller made those that it wants", async () => {
    const namespaces = (await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`])).map(
      ({ metadata }) => metadata.name,
    );
    expect(namespaces).toContain(`t-${tenant}-office`);
    for (const namespace of namespaces)
      for (const { metadata, spec, status } of await platform.list(["deployments,statefulsets", "-n", namespace]))
        expect([metadata.name, status?.["readyReplicas"]]).toEqual([metadata.name, spec["replicas"]]);
  });

  test("has a route for each host, and records that lead each to the Gateway", async () => {
    const routes = await platform.list(["httproutes", "-A"]);
    const hosts = routes.flatMap(({ spec }) => spec["hostnames"] as readonly string[]);
    const status = (await platform.get(["tenant", tenant]))?.status as { readonly dnsRecords?: readonly object[] };
    for (const name of ["chat", "matrix", "drive", "docs", "visio", "projects"].map((one) => `${one}.${domain}`)) {
      expect(hosts).toContain(name);
      expect(status.dnsRecords).toContainEqual({ name, type: "A", value: address });
    }
  });

  test("is told by its checks: findings one by one in its reports, and as a whole by the Tenant and for the platform", async () => {
    const found = await eventually(async () => {
      const written = await reports();
      expect(written.length).toBeGreaterThan(3);
      return written;
    }, 60_000);
    expect(found.length).toBeLessThanOrEqual(6);
    for (const report of found) expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(200_000);
    expect(found.reduce((sum, { summary }) => sum + (summary["pass"] ?? 0), 0)).toBeGreaterThan(10);
    const condition = await eventually(async () => {
      const { conditions = [] } = (await platform.get(["tenant", tenant]))?.status ?? {};
      const controls = conditions.find(({ type }) => type === "ControlsSatisfied");
      expect(controls?.status).toBe("False");
      return controls;
    });
    expect(condition).toMatchObject({ reason: "ControlFailed" });
    expect(condition?.message).toMatch(/^\d+ results fail: .* and \d+ more\.$/);
    await eventually(async () => {
      const ofPlatform = await platform.list(["clusterreports.openreports.io"]);
      expect(ofPlatform.length).toBeGreaterThan(3);
    });
  }, 120_000);

  test("has its reports written where a result changes, and not for the heartbeats of what runs", async () => {
    const port = { apiVersion: "v1", kind: "Service", metadata: { name: "by-hand", namespace: `t-${tenant}-apps` } };
    await eventually(async () => {
      expect(await toldOf("13-06")).toContain("pass");
    });
    const before = reportWrites().length;
    for (const beat of ["1", "2"])
      await platform.kubectl.ok([
        ...["patch", "deployment", "web-client", "-n", `t-${tenant}-apps`, "--subresource=status", "--type=merge"],
        ...["-p", JSON.stringify({ status: { observedGeneration: 1_000 + Number(beat) } })],
      ]);
    await platform.kubectl.apply([{ ...port, spec: { type: "NodePort", ports: [{ port: 80 }] } }]);
    await eventually(async () => {
      expect(await toldOf("13-06")).toContain("fail by-hand");
    }, 60_000);
    const written = reportWrites().slice(before);
    expect(new Set(written.filter((name) => !name.includes("-home-")))).toEqual(new Set(["socle-communications"]));
  }, 120_000);

  test("is excused from a check by an exception that a second person approved, and says by which", async () => {
    const exception = ["policyexception", "old-cache", "-n", `t-${tenant}`];
    await platform.kubectl.apply([filedException(tenant, "old-cache")]);
    await platform.until(exception, { type: "Active", status: "False", reason: "AwaitingConfirmation" });
    expect(await toldOf("10-20")).toContain("fail nextcloud");
    const approval = JSON.stringify({ spec: { approvedBy: "olga" } });
    const olga = ["--as=olga", "--as-group=system:masters"];
    await platform.kubectl.ok(["patch", ...exception, "--type=merge", "-p", approval, ...olga]);
    await platform.until(exception, { type: "Active", status: "True" });
    await eventually(async () => {
      expect(await toldOf("10-20")).toEqual(expect.arrayContaining(["skip nextcloud", "fail synapse"]));
    }, 60_000);
    const skipped = (await reports()).flatMap(({ results }) => results).filter(({ result }) => result === "skip");
    expect(new Set(skipped.map(({ properties }) => properties["exception"]))).toEqual(new Set(["old-cache"]));
  }, 120_000);

  test("leaves evidence of it in the region's bucket, each record after the one before, up to what its reports name", async () => {
    const { records, head } = await eventually(async () => ({
      records: await evidence(),
      head: await headOfReports(),
    }));
    const scope = `t-${tenant}`;
    expect(verifyEvidence(records, { log: false, scope, head })).toMatchObject({ kind: "whole" });
    const [first] = records;
    if (first === undefined) throw new Error("there are no records");
    const changed = Buffer.from(Buffer.from(first.bytes).toString("utf8").replace('"pass"', '"fail"'));
    expect(verifyEvidence([{ ...first, bytes: changed }, ...records.slice(1)], { log: false, scope })).toMatchObject({
      kind: "broken",
    });
  }, 60_000);

  test("has its evidence gone on with by an operator that starts anew, which reads what its reports said", async () => {
    const before = await headOfReports();
    await operator.stop();
    operator = await startOperator();
    await platform.kubectl.ok(["delete", "service", "by-hand", "-n", `t-${tenant}-apps`]);
    const { records, head } = await eventually(async () => {
      const now = await headOfReports();
      expect(now.sequence).toBeGreaterThan(before.sequence);
      return { records: await evidence(), head: now };
    }, 90_000);
    expect(verifyEvidence(records, { log: false, scope: `t-${tenant}`, head })).toMatchObject({ kind: "whole" });
    expect(refused()).toEqual([]);
  }, 180_000);

  test("gets back a report that somebody deleted, and loses one of which there is nothing to tell any more", async () => {
    const inHome = (name: string): string[] => ["reports.openreports.io", name, "-n", `t-${tenant}`];
    const name = "socle-communications";
    const { apiVersion, kind, metadata } = (await platform.get(inHome(name))) as Live &
      Record<"apiVersion" | "kind", string>;
    await platform.kubectl.apply([
      { apiVersion, kind, metadata: { name: "socle-earlier", namespace: `t-${tenant}`, labels: metadata.labels } },
    ]);
    await platform.kubectl.ok(["delete", ...inHome(name)]);
    await eventually(async () => {
      expect(await platform.get(inHome(name))).toBeDefined();
      expect(await platform.get(inHome("socle-earlier"))).toBeUndefined();
    }, 60_000);
  }, 90_000);

  test("moves with its region from a Gateway to an ingress controller, and leaves no route behind", async () => {
    const routed = async (kind: string): Promise<number> =>
      (await platform.list([kind, "-A", "-l", `socle.dev/tenant=${tenant}`])).length;
    const before = await routed("httproutes");
    const ingress = {
      className: platform.name("edge"),
      tlsSecretRef: { name: platform.name("tls") },
      gatewayRef: null,
    };
    await platform.kubectl.ok([
      ...[
        "patch",
        "sovereignregion",
        platform.name("home"),
        "--type=merge",
        "-p",
        JSON.stringify({ spec: { ingress } }),
      ],
    ]);
    await eventually(async () => {
      expect(await routed("httproutes")).toBe(0);
      expect(await routed("ingresses")).toBeGreaterThanOrEqual(before);
    }, 60_000);
    await platform.ready("tenant", tenant, 120_000);
  }, 240_000);

  test("goes on without a module that is removed, whose data stays, and has it again when it comes back", async () => {
    await wish(entries.filter(({ module }) => module !== "OpenProject" && module !== "Jitsi"));
    await eventually(async () => {
      const left = ofModules(await modules());
      if (left.includes("OpenProject") || left.includes("Jitsi")) throw new Error(`still there: ${left.join()}`);
    }, 60_000);
    const kept = (await platform.list(["events.events.k8s.io", "-n", `t-${tenant}`])) as unknown as readonly Told[];
    expect(kept.find(({ action, regarding }) => action === "Retain" && regarding.name === "openproject")?.note).toMatch(
      new RegExp(
        `^Kept for the return of OpenProject: .*database ${tenant}_openproject .*bucket ${tenant}-openproject `,
        "i",
      ),
    );
    await wish(entries);
    await eventually(async () => {
      expect(ofModules(await modules())).toEqual([...moduleNames].sort());
    });
    await platform.ready("tenant", tenant, 120_000);
    expect(refused()).toEqual([]);
  }, 240_000);

  test("ends, and leaves no namespace behind", async () => {
    await platform.removeTenant(tenant);
    expect(refused()).toEqual([]);
  }, 120_000);
});

describe("a region whose certificates cert-manager makes", () => {
  test("names the issuer while it is missing, and goes on once it is there", async () => {
    const issuer = platform.name("issuer");
    const region = await platform.region("issued", {
      ingress: { className: platform.name("edge"), clusterIssuer: issuer, from: { cidrs: ["127.0.0.0/8"] } },
    });
    const verified = (status: string) =>
      platform.until(["sovereignregion", region], { type: "CapabilitiesVerified", status });
    expect((await verified("False")).message).toContain(`ClusterIssuer ${issuer}`);
    await platform.kubectl.apply([
      { apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", metadata: { name: issuer }, spec: { selfSigned: {} } },
    ]);
    await verified("True");
  });

  test("takes what was told of it along when it goes", async () => {
    const region = platform.name("issued");
    const told = () => platform.list(["clusterreports.openreports.io", "-l", `socle.dev/region=${region}`]);
    await eventually(async () => {
      expect((await told()).length).toBeGreaterThan(0);
    }, 60_000);
    await platform.kubectl.ok(["delete", "sovereignregion", region, "--timeout=30s"]);
    await eventually(async () => {
      expect(await told()).toEqual([]);
    });
  }, 120_000);
});
