import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDays } from "../support/days.ts";
import { demoDomain, demoModulesInPods, demoTenant, demoTenantManifest } from "../demo/objects.ts";
import { accountsOfMaster, throughApiServer } from "../support/keycloak-administration.ts";
import { importOperatorImage, installCharts, previousCharts, type Values } from "../support/charts.ts";
import { installDefinitionsOf } from "../support/definitions.ts";
import { localFetch } from "../support/local-web.ts";
import { type Meeting, networkProbe, type NetworkProbe, probePort } from "../support/network-probe.ts";
import { type NodePlatform, nodePlatform, nodeProblem, patienceMs } from "../support/node-platform.ts";
import { expectRestrictedPods } from "../support/pod-security.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";

const problem = await nodeProblem();
const identity = "socle-identity";
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

/** The ministry of the demo. Its region is another here, and the release before knows no mail domains: they come with the upgrade. */
const {
  mailDomains,
  regionRef: _ofDemo,
  ...ministry
} = demoTenantManifest(demoModulesInPods)["spec"] as {
  readonly mailDomains: readonly string[];
  readonly regionRef: object;
};

/**
 * One real cluster, the charts of the release before, the image of the Dockerfile, and one region that runs everything by itself. The stories follow each other
 * in it: a start takes a minute.
 */
describe.skipIf(problem !== undefined)("on a real node, with the operator installed by its charts", () => {
  let values: Values;
  let own: NodePlatform;
  let region: string;
  const tenant = demoTenant;
  let other: string;

  beforeAll(async () => {
    own = await nodePlatform("suite-as-pods", {
      domains: [demoDomain],
      install: async (node, helm, wanted) => {
        const repository = await importOperatorImage(node, say);
        values = { ...wanted, replicaCount: 2, image: { repository } };
        await installCharts(helm, values, previousCharts(join(helm.home, "previous")));
      },
    });
    region = await own.region("home");
    other = uniqueName("t");
    await own.platform.tenant(region, ministry, tenant);
    await own.platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }, other);
    await own.platform.ready("sovereignregion", region, patienceMs);
    for (const name of [tenant, other]) await own.platform.ready("tenant", name, patienceMs);
  });
  afterAll(async () => {
    await own.stop();
  });

  /** SQL as the tenant's own role, in the server's own pod, which may not even reach its own Service. */
  const inServer = async (name: string, sql: string): Promise<{ code: number; stdout: string; stderr: string }> => {
    const secret = await own.platform.get(["secret", "postgresql-credentials", "-n", `t-${name}-data`]);
    const password = Buffer.from(secret?.data?.["password"] ?? "", "base64").toString("utf8");
    const url = `host=/run/postgresql user=${name} dbname=${name} connect_timeout=5`;
    const script = `read -r PGPASSWORD; export PGPASSWORD; exec psql -XAt "${url}" -f -`;
    const pod = ["exec", "-i", "postgresql-0", "-n", `t-${name}-data`, "--", "sh", "-c", script];
    return await own.node.kubectl.run(pod, `${password}\n${sql}\n`);
  };
  const answers = async (name: string, sql: string, stdout: string): Promise<void> => {
    await eventually(async () => {
      expect(await inServer(name, sql)).toMatchObject({ code: 0, stdout });
    }, patienceMs);
  };
  /** From the host, as a browser does. */
  const ask = async (path: string): Promise<{ status: number; body: string }> => {
    const answer = await localFetch(own.authority)(`${own.keycloakUrl}${path}`, { redirect: "manual" });
    return { status: answer.status, body: await answer.text() };
  };
  /** Which pods there are, and how often their containers were started. */
  const pods = async (): Promise<unknown[]> => {
    const spaces = [identity, `t-${tenant}-data`, `t-${tenant}-apps`, `t-${other}-data`];
    const lists = await Promise.all(spaces.map((namespace) => own.platform.list(["pods", "-n", namespace])));
    return lists.flat().map(({ metadata, status }) => {
      const containers = status?.["containerStatuses"] as readonly { restartCount: number }[] | undefined;
      return [metadata.name, metadata.uid, containers?.map(({ restartCount }) => restartCount)];
    });
  };

  /** Asks the operator for a look, and waits until the tenant was looked at and is Ready. */
  const looksAgain = async (): Promise<void> => {
    const asked = new Date().toISOString();
    await own.node.kubectl.ok([
      "annotate",
      "tenant",
      tenant,
      "--overwrite",
      `socle.dev/reconcile-requested-at=${asked}`,
    ]);
    await eventually(async () => {
      const live = await own.platform.get(["tenant", tenant]);
      expect(live?.status?.["lastHandledReconcileAt"]).toBe(asked);
    }, patienceMs);
    await own.platform.ready("tenant", tenant, patienceMs);
  };
  const operatorImages = async (): Promise<unknown[]> => {
    const of = ["pods", "-n", "socle-system", "-l", "app.kubernetes.io/component=operator"];
    return (await own.platform.list(of)).map(({ spec }) => (spec["containers"] as [{ image: string }])[0].image);
  };
  const withMailDomains = (): Promise<{ code: number; stderr: string }> =>
    own.node.kubectl.run(["patch", "tenant", tenant, "--type=merge", "-p", JSON.stringify({ spec: { mailDomains } })]);

  describe("the charts", () => {
    it("find themselves well: helm test", async () => {
      expect(await own.helm.run("test", "socle", "--logs")).toMatch(/ok +Operator: socle-\S+ is active/);
    });

    it("are upgraded from the release before, definitions first, and no pod of a ministry is touched", async () => {
      const before = await pods();
      expect((await withMailDomains()).stderr).toContain('unknown field "spec.mailDomains"');
      await own.helm.upgrade("socle-crds");
      await looksAgain();
      await own.helm.upgrade("socle", values);
      await looksAgain();
      expect(await pods()).toEqual(before);
      expect(await withMailDomains()).toMatchObject({ code: 0 });
      expect(await own.node.kubectl.run(["get", "attestations"])).toMatchObject({ code: 0 });
    });

    it("roll the operator back, and no pod of a ministry is touched: definitions stay as new as they are", async () => {
      const [before, newer] = [await pods(), await operatorImages()];
      await own.helm.run("rollback", "socle", "1", "--wait", "--timeout", "3m");
      expect(await operatorImages()).not.toEqual(newer);
      await looksAgain();
      expect(await pods()).toEqual(before);
      expect((await own.platform.get(["tenant", tenant]))?.spec).toMatchObject({ mailDomains });
    });

    it("bring it forward again", async () => {
      const before = await pods();
      await own.helm.upgrade("socle", values);
      await looksAgain();
      expect(await pods()).toEqual(before);
    });

    it("keep releases that the API server can store many of", async () => {
      const releases = await own.platform.list(["secrets", "-n", "socle-system", "-l", "owner=helm"]);
      const sizes = releases.map(({ data }) => JSON.stringify(data).length);
      expect(sizes.length).toBeGreaterThan(3);
      expect(Math.max(...sizes)).toBeLessThan(700_000);
    });
  });

  describe("a region that runs its own Keycloak", () => {
    it("serves the realm of a tenant under its public address", async () => {
      const { status, body } = await eventually(() => ask(`/realms/${tenant}/.well-known/openid-configuration`));
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ issuer: `${own.keycloakUrl}/realms/${tenant}` });
    });

    it.each([
      "/admin/",
      "/admin/master/console/",
      "/realms/master",
      "/realms/master/.well-known/openid-configuration",
      "/realms/%6Daster/.well-known/openid-configuration",
      "/realms//master/.well-known/openid-configuration",
      "/realms/x/%2e%2e/master/.well-known/openid-configuration",
      "/realms/master;x=1/.well-known/openid-configuration",
      "/metrics",
      "/health",
    ])("has no public way to %s", async (path) => {
      const { status, body } = await ask(path);
      expect([400, 404, 503]).toContain(status);
      expect(body).not.toMatch(/issuer|keycloak/i);
    });

    it("trusts the authorities of the machine, and starts as it was built", async () => {
      const [pod] = await own.platform.list(["pods", "-n", identity, "-l", "app.kubernetes.io/name=keycloak"]);
      const log = await own.node.kubectl.ok(["logs", "-n", identity, pod?.metadata.name ?? ""]);
      expect(log).not.toContain("Default truststore was to be included");
      expect(log).not.toContain("Updating the configuration and installing your custom providers");
    });

    it("keeps no first administrator: its account and its Secret are gone, and one for emergencies is sealed", async () => {
      const secrets = await own.platform.list(["secrets", "-n", identity]);
      expect(secrets.filter(({ metadata }) => metadata.name.endsWith("-bootstrap"))).toEqual([]);
      const [sealed, ...more] = secrets.filter(({ metadata }) => metadata.name.endsWith("-break-glass"));
      expect(more).toEqual([]);
      const value = (key: string): string => Buffer.from(sealed?.data?.[key] ?? "", "base64").toString("utf8");
      const login = { username: value("username"), password: value("password") };
      const accounts = await throughApiServer(own.node, region, (at) => accountsOfMaster(at, login));
      expect(accounts).toEqual({ administrators: [login.username], serviceAccounts: ["socle-platform"] });
    });

    it("goes over to a Gateway where its region says so, and back, and leaves no way in behind", async () => {
      await installDefinitionsOf(own.node.kubectl, "gatewayApi");
      await own.node.kubectl.apply([
        {
          apiVersion: "gateway.networking.k8s.io/v1",
          kind: "Gateway",
          metadata: { name: "public", namespace: "socle-system" },
          // Nobody serves it: what is looked at is which way in there is.
          spec: { gatewayClassName: "none", listeners: [{ name: "https", protocol: "HTTPS", port: 443 }] },
        },
      ]);
      const publish = (ingress: object): Promise<string> =>
        own.node.kubectl.ok([
          "patch",
          "sovereignregion",
          region,
          "--type=merge",
          "-p",
          JSON.stringify({ spec: { ingress } }),
        ]);
      const ways = async (): Promise<readonly string[]> =>
        (await own.platform.list(["ingresses,httproutes", "-n", identity])).map(
          ({ kind, metadata }) => `${kind} ${metadata.name}`,
        );
      const before = await ways();
      const live = await own.platform.get(["sovereignregion", region]);
      const { className, tlsSecretRef } = live?.spec["ingress"] as Readonly<Record<string, object>>;
      await publish({ className: null, tlsSecretRef: null, gatewayRef: { name: "public", listener: "https" } });
      await eventually(async () => {
        expect(await ways()).toEqual(before.map((way) => way.replace("Ingress", "HTTPRoute")));
      }, patienceMs);
      await publish({ className, tlsSecretRef, gatewayRef: null });
      await eventually(async () => {
        expect(await ways()).toEqual(before);
        expect((await ask(`/realms/${tenant}`)).status).toBe(200);
      }, patienceMs);
      await own.platform.ready("sovereignregion", region, patienceMs);
      await own.platform.ready("tenant", tenant, patienceMs);
    });

    it("is not removed while a tenant lives in it", async () => {
      await own.node.kubectl.ok(["delete", "sovereignregion", region, "--wait=false"]);
      await own.platform.until(["sovereignregion", region], {
        type: "IdentityReady",
        status: "False",
        reason: "RemovalBlocked",
      });
      expect((await ask(`/realms/${tenant}`)).status).toBe(200);
    });
  });

  describe("a tenant", () => {
    it("is Ready only when its own role logged in, over TLS, and wrote", async () => {
      const module = await own.platform.get(["moduledeployment", "postgresql", "-n", `t-${tenant}`]);
      const conditions = (module?.status?.conditions ?? []).map(({ type, status }) => [type, status]);
      expect(Object.fromEntries(conditions)).toMatchObject({
        WorkloadAvailable: "True",
        DatabaseReady: "True",
        EndpointReachable: "True",
      });
    });

    it("has pods that the restricted profile admits, like those of its region", async () => {
      for (const namespace of [identity, `t-${tenant}-data`, `t-${tenant}-apps`])
        await expectRestrictedPods(own.platform, namespace);
    });

    it("lets its own applications in, and neither another tenant's nor anybody else's", async () => {
      const server = `postgresql.t-${tenant}-data.svc`;
      const probes = await Promise.all(
        [`t-${tenant}-apps`, `t-${other}-apps`, "strangers"].map((place) => networkProbe(own.node, place, "probe")),
      );
      const [mine, theirs, stranger] = probes as [NetworkProbe, NetworkProbe, NetworkProbe];
      const neighbour = await networkProbe(own.node, "strangers", "neighbour");
      const meets = async (from: NetworkProbe, to: readonly [string, number], meeting: Meeting): Promise<void> => {
        await eventually(async () => {
          expect(await from.ask(...to)).toBe(meeting);
        });
      };
      await meets(mine, [server, 5432], "open");
      await meets(theirs, [server, 5432], "silence");
      // Nothing holds a stranger back but the tenant's own doors, and nothing holds off another tenant but that tenant's.
      await meets(stranger, [server, 5432], "silence");
      await meets(neighbour, [stranger.address, probePort], "open");
      await meets(theirs, [stranger.address, probePort], "silence");
      for (const probe of [...probes, neighbour]) await probe.end();
    });

    it("keeps its pods as they are when the leader is killed: the standby takes over", async () => {
      const before = await pods();
      const lease = await own.platform.get(["lease", "socle-operator", "-n", "socle-system"]);
      const [leader = ""] = String(lease?.spec["holderIdentity"]).split("_");
      await own.node.kubectl.ok(["delete", "pod", leader, "-n", "socle-system", "--force", "--grace-period=0"]);
      await looksAgain();
      const next = await own.platform.get(["lease", "socle-operator", "-n", "socle-system"]);
      expect(next?.spec["holderIdentity"]).not.toContain(leader);
      expect(await pods()).toEqual(before);
    });

    it("keeps what was written when its pod is deleted", async () => {
      expect(await inServer(tenant, "CREATE TABLE kept AS SELECT 42 AS answer;")).toMatchObject({ code: 0 });
      await own.node.kubectl.ok(["delete", "pod", "postgresql-0", "-n", `t-${tenant}-data`]);
      await answers(tenant, "SELECT answer FROM kept;", "42\n");
      await own.platform.ready("tenant", tenant, patienceMs);
    });

    it("comes back with its data, its realm and its region after the power of the node failed", async () => {
      expect(await inServer(tenant, "CREATE TABLE survives AS SELECT 11 AS eleven;")).toMatchObject({ code: 0 });
      // Every container dies at once, without a chance to say goodbye.
      await own.node.inNode(["pkill", "-KILL", "-f", "containerd-shim"]);
      await own.node.inNode(["pkill", "-KILL", "-u", "26,1000,10004,65532"]);
      await own.node.restartNode();
      await answers(tenant, "SELECT eleven FROM survives;", "11\n");
      await eventually(async () => {
        expect((await ask(`/realms/${tenant}`)).status).toBe(200);
      }, patienceMs);
      await own.platform.ready("tenant", tenant, patienceMs);
    });

    it("goes on without an operator when its charts are uninstalled, guarded as before, and the next installation takes over", async () => {
      const volumes = async (): Promise<unknown[]> =>
        (await own.platform.list(["pvc", "-A"])).map(({ metadata }) => [metadata.name, metadata.uid]);
      const before = [await pods(), await volumes(), (await own.platform.get(["tenant", tenant]))?.metadata.uid];
      await own.helm.run("uninstall", "socle", "--wait");
      await own.helm.run("uninstall", "socle-crds", "--wait");
      await eventually(async () => {
        expect(await operatorImages()).toEqual([]);
      });
      const refused = await own.node.kubectl.run(["delete", "crd", "tenants.socle.dev", "--wait=false"]);
      expect(refused.stderr).toContain("Deleting CustomResourceDefinition tenants.socle.dev deletes every Tenant");
      expect((await own.node.kubectl.run(["delete", "tenant", tenant, "--wait=false"])).stderr).toContain(
        "is protected",
      );
      await installCharts(own.helm, values);
      await looksAgain();
      const after = [await pods(), await volumes(), (await own.platform.get(["tenant", tenant]))?.metadata.uid];
      expect(after).toEqual(before);
    });

    it("keeps its data through Retain and return", async () => {
      expect(await inServer(tenant, "CREATE TABLE stays AS SELECT 7 AS seven;")).toMatchObject({ code: 0 });
      const claim = ["pvc", "postgresql-data", "-n", `t-${tenant}-data`];
      const before = (await own.platform.get(claim))?.metadata.uid;
      await own.platform.removeTenant(tenant);
      expect(await own.platform.list(["statefulsets", "-n", `t-${tenant}-data`])).toEqual([]);
      expect((await own.platform.get(claim))?.metadata.uid).toBe(before);
    });

    it("leaves nothing when it is erased after its notice: pods, volume and namespaces are gone", async () => {
      const modules = [{ module: "PostgreSQL", deletionPolicy: "Delete" }];
      await own.platform.tenant(region, { modules }, other);
      await own.platform.ready("tenant", other, patienceMs);
      const sent = inDays(-30);
      await own.platform.removeTenant(other, { deletionPolicy: "Delete", erasureNoticeSentAt: sent });
      expect(await own.platform.list(["namespaces", "-l", `socle.dev/tenant=${other}`])).toEqual([]);
      await eventually(async () => {
        const volumes = JSON.stringify(await own.platform.list(["persistentvolumes"]));
        expect(volumes).not.toContain(`t-${other}-data`);
      });
    });
  });

  describe("a region that was removed and returns", () => {
    it("stops its servers and keeps their data: the same tenant is back with its database and its realm", async () => {
      await eventually(async () => {
        expect(await own.platform.get(["sovereignregion", region])).toBeUndefined();
      }, patienceMs);
      expect(await own.platform.list(["statefulsets,deployments", "-n", identity])).toEqual([]);
      expect(await own.platform.list(["ingresses", "-n", identity])).toEqual([]);
      expect(await own.platform.list(["pvc", "-n", identity])).toHaveLength(1);
      await own.region("home");
      await own.platform.tenant(region, { ...ministry, mailDomains }, tenant);
      await own.platform.ready("sovereignregion", region, patienceMs);
      await own.platform.ready("tenant", tenant, patienceMs);
      await answers(tenant, "SELECT seven FROM stays;", "7\n");
    });
  });
});
