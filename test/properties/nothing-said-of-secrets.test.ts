import { beforeAll, describe, expect, it } from "vitest";
import { refOf } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { kinds } from "../../crds/kinds.ts";
import { type ModuleName, moduleNames } from "../../crds/v1alpha1/modules.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { driverOf } from "../../operator/modules/registry.ts";
import type { ConnectSystems } from "../../operator/operator.ts";
import { equip, giveBucketKey, handIn } from "../support/equipped-region.ts";
import { type Act, onboard, platformWorld } from "../support/in-memory-stories.ts";
import type { InMemoryWorld } from "../support/in-memory-world.ts";
import { type Spoken, startInMemory, systemsOf } from "../support/operator-in-memory.ts";
import { eventually } from "../support/test-cluster.ts";
import { textLeaves } from "../support/text-leaves.ts";

const home = "t-minagri";
const platform = "socle-system";
/** Every module that this version can make: one that is added to the registry is told of here without another line. */
const made = moduleNames.filter((module) => driverOf(module) !== undefined);
const keyOf = (name: string) => ({ name, key: "value" });
const entries: Readonly<Partial<Record<ModuleName, object>>> = {
  Synapse: { synapse: { signingKeySecretRef: keyOf("moved-in") } },
  OpenProject: { openProject: { enterpriseTokenSecretRef: keyOf("bought") } },
};
const modules = made.map((module) => ({ module, ...entries[module] })) as Tenant["spec"]["modules"];
/** What people hand in, each with marks that every notation writes differently. */
const handed = (what: string): string => `${what} "quoted" & ünique/+=`;
const signingKey = `ed25519 a_moved ${"S".repeat(42)}A`;
const registry = JSON.stringify({ auths: { "registry.example": { auth: "cmVnaXN0cnk6cGFzc3dvcmQ=" } } });

/** The region names every Secret that a region can name beside those of its servers, and another one runs a Keycloak of its own. */
const nameEverySecret: Act = async (world) => {
  await handIn(world, { name: "numspot", namespace: platform }, { clientID: "id", clientSecret: handed("numspot") });
  await handIn(world, { name: "relay", namespace: platform }, { username: "suite", password: handed("relay") });
  await handIn(world, { name: "registry", namespace: platform }, { ".dockerconfigjson": registry });
  await handIn(world, { name: "tls", namespace: platform }, { "tls.crt": "certificate", "tls.key": handed("tls") });
  await world.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "socle-identity" } });
  const region = { apiVersion, kind: "SovereignRegion", name: "region" };
  const { spec } = world.kube.edit<SovereignRegion & KubeObject>(region, (live) => ({
    ...live,
    spec: {
      ...live.spec,
      provider: {
        ...live.spec.provider,
        type: "NumSpot",
        apiURL: "https://api.numspot.example",
        credentialsSecretRef: { name: "numspot" },
      },
      images: { ...live.spec.images, pullSecretRef: { name: "registry" } },
    },
  }));
  const keycloak = { mode: "Managed", url: "https://own.example", managed: { driver: "External" } };
  await world.kube.create({
    apiVersion,
    kind: "SovereignRegion",
    metadata: { name: "own" },
    spec: { ...spec, keycloak },
  });
};

const handInOfTenant: Act = async (world) => {
  await handIn(world, { name: "moved-in", namespace: home }, { value: signingKey });
  await handIn(world, { name: "bought", namespace: home }, { value: handed("bought") });
  await handIn(world, { name: "proconnect", namespace: home }, { value: handed("proconnect") });
  await handIn(world, { name: "directory", namespace: home }, { value: handed("directory") });
  const provider = (name: string, protocol: object): Promise<unknown> =>
    world.kube.create({
      apiVersion,
      kind: "TenantIdentityProvider",
      metadata: { name, namespace: home },
      spec: { tenantRef: { name: "minagri" }, alias: name, ...protocol },
    });
  const client = { clientID: "socle", clientSecretRef: keyOf("proconnect") };
  await provider("proconnect", {
    protocol: "ProConnect",
    proConnect: { environment: "Custom", discoveryURL: "https://127.0.0.1:1/openid", ...client },
  });
  await provider("directory", {
    protocol: "OIDC",
    oidc: { issuer: "https://127.0.0.1:1", ...client, clientSecretRef: keyOf("directory") },
  });
};

/** A world in which every Secret is there that the operator can meet. */
async function secretiveWorld(): Promise<InMemoryWorld> {
  const world = await platformWorld();
  const buckets = made.map((module) => giveBucketKey(module.toLowerCase()));
  for (const act of [equip, ...buckets, nameEverySecret]) await act(world);
  for (const act of [onboard(modules), handInOfTenant]) {
    await act(world);
    // Applications answer nothing here, so the operator asks them again and again, and is left at that.
    world.now += 180_000;
    await world.looks(150);
  }
  return world;
}

/** Keys of Secrets that say where to knock and under which name, or are shown to everybody, and open nothing. */
const open = new Set([
  "clientID",
  "username",
  "host",
  "port",
  "database",
  "accessKeyID",
  "tls.crt",
  "ca.crt",
  "realm",
  "context",
  "issuer",
  "url",
]);

/** Place → value of everything that Secrets hold. */
function secretsOf(world: InMemoryWorld): ReadonlyMap<string, string> {
  const secrets = world.kube.objects().filter(({ kind }) => kind === "Secret") as readonly (KubeObject & {
    readonly data?: Readonly<Record<string, string>>;
  })[];
  return new Map(
    secrets.flatMap(({ metadata, data = {} }) =>
      Object.entries(data)
        .filter(([key]) => !open.has(key))
        .map(([key, value]) => [
          `${metadata.namespace ?? ""}/${metadata.name} ${key}`,
          Buffer.from(value, "base64").toString("utf8"),
        ]),
    ),
  );
}

/** A text as it may stand in another text. */
const forms = (value: string): readonly string[] => [
  value,
  JSON.stringify(value).slice(1, -1),
  JSON.stringify(JSON.stringify(value)).slice(3, -3),
  encodeURIComponent(value),
  Buffer.from(value).toString("base64"),
];

/** Which secret can be read where, by whoever may not read Secrets. */
async function said(world: InMemoryWorld, { lines, metrics }: Spoken, secrets: ReadonlyMap<string, string>) {
  const objects = world.kube.objects().filter(({ kind }) => kind !== "Secret");
  const places: readonly (readonly [string, string])[] = [
    ...lines.map((line) => ["log", line] as const),
    ["metrics", await metrics.text()],
    ...objects.map((object) => [JSON.stringify(refOf(object)), JSON.stringify(object)] as const),
  ];
  return [...secrets].flatMap(([name, value]) =>
    places
      .filter(([, text]) => forms(value).some((form) => text.includes(form)))
      .map(([place]) => `${name} in ${place}`),
  );
}

/** A server that is broken so badly that it fails with all that it was told: who asks, and what. */
function echoing(server: unknown): never {
  return new Proxy(
    {},
    {
      get: (_target, property) => {
        // A promise of an API asks it whether it is a promise itself.
        if (property === "then") return undefined;
        if (property === "close") return () => Promise.resolve();
        return (...given: unknown[]) =>
          Promise.reject(new Error(`${String(property)} failed: ${JSON.stringify({ server, given })}`));
      },
    },
  ) as never;
}
const breaking: Readonly<Record<string, Partial<ConnectSystems>>> = {
  nobody: {},
  PostgreSQL: { connectPostgres: echoing },
  Keycloak: { connectKeycloak: echoing },
  "the object store": { connectObjectStore: echoing },
  "the App Suite": { connectOpenXchange: echoing },
  NumSpot: { connectNumSpot: echoing },
  "every application": { openWeb: () => echoing({}) },
};

const kindsOf: Readonly<Record<string, string>> = {
  module: "ModuleDeployment",
  region: "SovereignRegion",
  "identity-provider": "TenantIdentityProvider",
};

/** An operator that has looked at everything at least once, and has ended. */
async function heard(world: InMemoryWorld, broken: Partial<ConnectSystems>): Promise<Spoken> {
  const operator = startInMemory(world.kube, { ...systemsOf(world), ...broken });
  await eventually(async () => {
    const text = await operator.metrics.text();
    for (const [controller, kind] of Object.entries(kindsOf)) {
      const counts = text.matchAll(
        new RegExp(`^controller_runtime_reconcile_total\\{controller="${controller}".*\\} (\\d+)$`, "gm"),
      );
      const looks = [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
      const objects = world.kube.objects().filter((object) => object.kind === kind).length;
      if (looks < objects) throw new Error(`${controller} looked ${looks} times at ${objects} objects.`);
    }
  }, 30_000);
  await operator.stop();
  return operator;
}

describe("what the operator says of a secret", () => {
  let world: InMemoryWorld;
  beforeAll(async () => {
    world = await secretiveWorld();
  });

  it("is tried with every reference to a Secret that any kind has: one that is new is missing here until a world has it", () => {
    const has = (object: unknown, [step = "", ...rest]: readonly string[]): boolean => {
      const at = (object as Readonly<Record<string, unknown>> | undefined)?.[step.replace("[]", "")];
      if (Array.isArray(at)) return at.some((item) => has(item, rest));
      return rest.length === 0 ? at !== undefined : typeof at === "object" && at !== null && has(at, rest);
    };
    const references = kinds.flatMap((kind) =>
      textLeaves(kind)
        .filter(({ path }) => /SecretRef\.name$/.test(path))
        .map(({ path }) => ({ kind: kind.kind, path })),
    );
    expect(references.length).toBeGreaterThan(10);
    const missing = references.filter(
      ({ kind, path }) => !world.kube.objects().some((object) => object.kind === kind && has(object, path.split("."))),
    );
    expect(missing).toEqual([]);
  });

  it.each(Object.entries(breaking))(
    "is nothing, in log, metrics, statuses and events, when %s fails with all it was told",
    async (_who, broken) => {
      const operator = await heard(world, broken);
      const secrets = secretsOf(world);
      expect(secrets.size).toBeGreaterThan(20);
      expect(await said(world, operator, secrets)).toEqual([]);
    },
  );

  it("would be found where it was said", async () => {
    const secrets = secretsOf(world);
    const [[place = "", value = ""] = []] = secrets;
    const spoken = {
      lines: [JSON.stringify({ why: JSON.stringify({ value }) })],
      metrics: (await heard(world, {})).metrics,
    };
    expect(await said(world, spoken as unknown as Spoken, new Map([[place, value]]))).toEqual([`${place} in log`]);
  });

  it("is hidden wherever else it may come to stand: the operator knows each that it met", async () => {
    const { redactor } = await heard(world, {});
    const shown = [...secretsOf(world)].filter(([, value]) => value.length >= 8 && redactor.clean(value) === value);
    // Read when their servers are there: these providers do not answer here, and this Keycloak never came up.
    const unread = [
      "socle-identity/keycloak-own-bootstrap clientSecret",
      `${home}/directory value`,
      `${home}/proconnect value`,
    ];
    expect(shown.map(([place]) => place).sort()).toEqual(unread);
  });
});
