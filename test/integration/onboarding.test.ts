import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalUser } from "../support/local-user.ts";
import { Browser, loginWithTotp } from "../support/browser-login.ts";
import { kstatusOf } from "../support/kstatus.ts";
import { type Live, type Platform, platformOnLanes } from "../support/platform.ts";
import { eventually, kubectl as lane, uniqueName } from "../support/test-cluster.ts";

let platform: Platform;
let stop: () => Promise<void>;
let region: string;
let tenant: string;

beforeAll(async () => {
  ({ platform, stop } = await platformOnLanes());
  region = await platform.region("home");
  await platform.ready("sovereignregion", region);
  tenant = await platform.tenant(region, {
    mailDomains: ["ministry.example"],
    network: { egressCIDRs: ["192.0.2.0/24"] },
  });
  await platform.ready("tenant", tenant);
});
afterAll(async () => {
  await stop();
});

describe("a region that works", () => {
  test("says so in each condition, and counts its tenants", async () => {
    await eventually(async () => {
      const live = await platform.get(["sovereignregion", region]);
      const conditions = live?.status?.conditions ?? [];
      expect(Object.fromEntries(conditions.map(({ type, status }) => [type, status]))).toEqual({
        Ready: "True",
        Reachable: "True",
        CapabilitiesVerified: "True",
        IdentityReady: "True",
        QualificationsValid: "True",
        CapacityAvailable: "True",
      });
      expect(live?.status).toMatchObject({ tenants: 1, seats: 10 });
    });
  });
});

describe("a tenant that is Ready", () => {
  test("has three namespaces that enforce the restricted Pod Security standard of a pinned version", async () => {
    const namespaces = await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`]);
    expect(namespaces.map(({ metadata }) => metadata.name).sort()).toEqual([
      `t-${tenant}`,
      `t-${tenant}-apps`,
      `t-${tenant}-data`,
    ]);
    for (const { metadata } of namespaces) {
      expect(metadata.labels).toMatchObject({
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "v1.34",
        "socle.dev/protect": "true",
      });
    }
  });

  test("refuses a privileged pod in each of them", async () => {
    const pod = (namespace: string): string =>
      JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "intruder", namespace },
        spec: { containers: [{ name: "c", image: "example/x", securityContext: { privileged: true } }] },
      });
    for (const place of ["", "-apps", "-data"]) {
      const { code, stderr } = await lane(["create", "--dry-run=server", "-f", "-"], {
        input: pod(`t-${tenant}${place}`),
      });
      expect(code).not.toBe(0);
      expect(stderr).toContain('violates PodSecurity "restricted:v1.34"');
    }
  });

  test("denies all traffic in each namespace, and names the flows that it declares", async () => {
    const policies = await platform.list(["networkpolicies", "-A", "-l", `socle.dev/tenant=${tenant}`]);
    const denying = policies.filter(
      ({ spec }) =>
        JSON.stringify(spec["podSelector"] ?? {}) === "{}" &&
        JSON.stringify(spec["policyTypes"]) === JSON.stringify(["Ingress", "Egress"]) &&
        spec["ingress"] === undefined &&
        spec["egress"] === undefined,
    );
    expect(denying.map(({ metadata }) => metadata.namespace).sort()).toEqual([
      `t-${tenant}`,
      `t-${tenant}-apps`,
      `t-${tenant}-data`,
    ]);
    expect(JSON.stringify(policies)).toContain("192.0.2.0/24");
  });

  test("has a database that its role can use, and nobody's else", async () => {
    const module = await platform.get(["moduledeployment", "postgresql", "-n", `t-${tenant}`]);
    expect(module?.status?.["external"]).toMatchObject([{ kind: "Database", name: tenant }]);
  });

  test("lets a local user in only after a second factor is enrolled, and gives a token then", async () => {
    const keycloakUrl = platform.servers.keycloak.url;
    const { username, oneTimePassword: password } = await createLocalUser(platform.kubectl, {
      tenant,
      administration: { url: keycloakUrl, fetch },
      username: "camille.martin",
    });
    const issuer = `${keycloakUrl}/realms/${tenant}`;
    const first = await loginWithTotp(new Browser(), { issuer, username, password });
    const again = await loginWithTotp(new Browser(), {
      issuer,
      username,
      password: first.password,
      totpSecret: first.totpSecret,
    });
    expect(again.subject).toBe(first.subject);
  });

  test("lists its modules in status, and mirrors them for its own people", async () => {
    const live = await platform.get(["tenant", tenant]);
    expect(live?.status).toMatchObject({ modulesReady: "2/2" });
    await eventually(async () => {
      const mirrors = await platform.list(["configmaps", "-n", `t-${tenant}`]);
      const texts = mirrors.map(({ data }) => data?.["modules"] ?? "").join("\n");
      expect(texts).toContain("Keycloak: ready");
      expect(texts).toContain("PostgreSQL: ready");
    });
  });

  test("tells of its becoming Ready in an event", async () => {
    await eventually(async () => {
      const events = await platform.list(["events.events.k8s.io", "-A"]);
      const mine = events as unknown as readonly {
        readonly regarding?: { readonly kind?: string; readonly name?: string };
        readonly reason?: string;
      }[];
      expect(mine.filter(({ regarding }) => regarding?.kind === "Tenant" && regarding.name === tenant)).not.toEqual([]);
    });
  });

  test("shows its people what is theirs, and nothing of another tenant", async () => {
    const group = { as: "agathe", asGroups: [`${tenant}-admins`] };
    const may = async (args: readonly string[]): Promise<string> =>
      (await lane(["auth", "can-i", ...args], group)).stdout.trim();
    expect(await may(["get", "moduledeployments", "-n", `t-${tenant}`])).toBe("yes");
    expect(await may(["get", "secrets", "-n", `t-${tenant}-data`])).toBe("no");
    expect(await may(["get", "moduledeployments", "-n", "socle-system"])).toBe("no");
    expect(await may(["list", "tenants"])).toBe("no");
  });

  test("gets back what somebody took away: a network policy, a quota, a binding, a label", async () => {
    const place = `t-${tenant}-data`;
    const kinds = "networkpolicies,resourcequotas,limitranges,rolebindings";
    const kept = async (): Promise<string[]> =>
      (await platform.kubectl.ok(["get", kinds, "-n", place, "-o", "name"])).trim().split("\n").sort();
    const before = await kept();
    expect(before.join()).toMatch(/limitrange.*networkpolicy.*resourcequota.*rolebinding/);
    await platform.kubectl.ok(["delete", kinds, "--all", "-n", place]);
    await platform.kubectl.ok([
      "label",
      "namespace",
      place,
      "pod-security.kubernetes.io/enforce=baseline",
      "--overwrite",
    ]);
    await eventually(async () => {
      expect(await kept()).toEqual(before);
      const namespace = await platform.get(["namespace", place]);
      expect(namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"]).toBe("restricted");
    });
  });
});

describe("what carries the labels of a tenant's own objects", () => {
  test.each(["networkpolicies", "resourcequotas", "limitranges", "rolebindings"])(
    "and is none of them goes again: a copy under another name, of %s",
    async (kind) => {
      const place = `t-${tenant}-data`;
      const [original] = await platform.list([kind, "-n", place, "-l", "app.kubernetes.io/managed-by=socle"]);
      const { name, labels } = original!.metadata;
      const copy = { ...original, metadata: { name: `${name}-copy`, namespace: place, labels } };
      await platform.kubectl.apply([copy]);
      await eventually(async () => {
        expect(await platform.get([kind, `${name}-copy`, "-n", place])).toBeUndefined();
      });
      expect(await platform.get([kind, name, "-n", place])).toBeDefined();
    },
  );
});

describe("what tools that follow kstatus see", () => {
  /** What the API server would make of it, before any operator has looked at it. */
  const onPaper = async (args: readonly string[], input?: unknown): Promise<Live> => {
    const told = await platform.kubectl.run([...args, "--dry-run=server", "-o", "json"], JSON.stringify(input));
    return JSON.parse(told.stdout) as Live;
  };

  test("a new tenant that no operator has looked at is in progress, never current", async () => {
    const created = await onPaper(["create", "-f", "-"], platform.tenantManifest(uniqueName("t"), region));
    expect(created.status).toMatchObject({ observedGeneration: -1 });
    expect(kstatusOf(created)).toBe("InProgress");
  });

  test("a Ready tenant whose wish has just changed is in progress until the operator has seen it", async () => {
    const patch = JSON.stringify({ spec: { displayName: "Another name" } });
    const changed = await onPaper(["patch", "tenant", tenant, "--type=merge", "-p", patch]);
    expect(changed.status?.conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "True" }));
    expect(kstatusOf(changed)).toBe("InProgress");
  });

  test("a Ready tenant is current, and `kubectl wait` returns", async () => {
    expect(kstatusOf((await platform.get(["tenant", tenant]))!)).toBe("Current");
    const waited = await platform.kubectl.run(["wait", "--for=condition=Ready", `tenant/${tenant}`, "--timeout=5s"]);
    expect(waited.code).toBe(0);
  });

  test("a tenant whose region does not exist is in progress: it goes on by itself", async () => {
    const waiting = await platform.tenant(platform.name("absent"));
    await platform.until(["tenant", waiting], { status: "False", reason: "DependencyMissing" });
    const live = (await platform.get(["tenant", waiting]))!;
    expect(live.status?.conditions).toContainEqual(expect.objectContaining({ type: "Reconciling", status: "True" }));
    expect(kstatusOf(live)).toBe("InProgress");
    await platform.removeTenant(waiting);
  });

  test("a tenant that wants another's name has failed: a person has to choose", async () => {
    const name = uniqueName("t");
    await platform.tenant(region, { domain: `sub.${tenant}.example` }, name);
    await platform.until(["tenant", name], { status: "False", reason: "NameTaken" });
    expect(kstatusOf((await platform.get(["tenant", name]))!)).toBe("Failed");
    await platform.removeTenant(name);
  });

  test("a tenant that ends is terminating", async () => {
    const name = uniqueName("t");
    await platform.kubectl.apply([
      { ...platform.tenantManifest(name, region), metadata: { name, finalizers: ["test.example/hold"] } },
    ]);
    await platform.confirmDeletion(name);
    await platform.kubectl.ok(["delete", "tenant", name, "--wait=false"]);
    expect(kstatusOf((await platform.get(["tenant", name]))!)).toBe("Terminating");
    await platform.kubectl.ok([
      "patch",
      "tenant",
      name,
      "--type=json",
      "-p",
      '[{"op":"remove","path":"/metadata/finalizers/0"}]',
    ]);
  });
});
