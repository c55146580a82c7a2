import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { meteo } from "../../../test/support/meteo.ts";
import type { Stage } from "../../reconcile/workload.ts";
import type { DesiredModule, ModuleInput } from "../driver.ts";
import { nextcloudDriver } from "./driver.ts";

interface Wish {
  readonly size?: "XS" | "S" | "M" | "L" | "XL";
  readonly nextcloud?: object;
  readonly displayName?: string;
  readonly version?: string;
  readonly runs?: string;
  readonly live?: readonly object[];
  readonly httpsPort?: number;
  readonly driver?: "External" | "StatefulSet" | "CloudNativePG";
  readonly store?: object | "none";
  readonly images?: object;
  readonly trusted?: boolean;
  readonly office?: boolean;
  readonly without?: "Keycloak" | "PostgreSQL";
  readonly kept?: Readonly<Record<string, string>>;
}

const store = {
  url: "https://s3.example:9000",
  region: "north-1",
  pathStyle: true,
  cidrs: ["192.0.2.0/28"],
  credentialsSecretRef: { name: "store" },
};

/** What the driver reads of a tenant, its modules and a region. */
function input(wish: Wish = {}): ModuleInput {
  const { size, nextcloud, version, runs, kept, images = { mirror: "registry.example" } } = wish;
  const modules = ["PostgreSQL", "Keycloak", ...(wish.office === true ? ["Collabora"] : [])];
  return {
    tenant: { ...meteo, spec: { ...meteo.spec, displayName: wish.displayName ?? meteo.spec.displayName } },
    module: {
      metadata: {},
      spec: {
        module: "Nextcloud",
        ...(nextcloud === undefined ? {} : { nextcloud }),
        ...(size === undefined ? {} : { size }),
        ...(version === undefined ? {} : { version }),
      },
      status: { ...(runs === undefined ? {} : { version: runs }), ...(kept === undefined ? {} : { resolved: kept }) },
    },
    region: {
      metadata: { name: "north" },
      spec: {
        keycloak: { url: "https://sso.example" },
        postgresql: { defaultDriver: wish.driver ?? "StatefulSet", server: { host: "db.example", port: 5433 } },
        ingress: {
          className: "edge",
          httpsPort: wish.httpsPort ?? 443,
          tlsSecretRef: { name: "wildcard" },
          from: { namespaceLabels: { "kubernetes.io/metadata.name": "edge" } },
        },
        storage: {
          className: "encrypted",
          ...(wish.store === "none" ? {} : { objectStore: { ...store, ...wish.store } }),
        },
        images,
        ...(wish.trusted === undefined ? {} : { trustBundle: { configMapRef: { name: "authorities" } } }),
      },
    },
    marker: "ours",
    cluster: { kinds: new Set(), apiServers: [] },
    siblings: modules.filter((module) => module !== wish.without).map((module) => ({ spec: { module } })),
    live: wish.live ?? [],
    ...(wish.trusted === true ? { trustBundle: "PEM" } : {}),
  } as unknown as ModuleInput;
}

const desired = (wish: Wish = {}): DesiredModule => nextcloudDriver.desired(input(wish));
const stages = (wish: Wish = {}): readonly Stage[] => {
  const { workload } = desired(wish).application ?? { workload: { gates: [], manifests: [], awaits: [] } };
  return [...(workload.gates ?? []), workload];
};
const manifests = (wish: Wish = {}): readonly Manifest[] => stages(wish).flatMap((stage) => stage.manifests);
/** A Job by its name without what it carries out. */
const find = (wish: Wish, kind: string, name: string): Manifest | undefined =>
  manifests(wish).find((one) => one.kind === kind && one.metadata.name.replace(/-[0-9a-f]{10}$/, "") === name);
const files = (wish: Wish = {}): Readonly<Record<string, string>> =>
  find(wish, "ConfigMap", "nextcloud-config")?.["data"] as Readonly<Record<string, string>>;
const commands = (wish: Wish = {}): readonly string[] =>
  (JSON.parse(files(wish)["settings.json"] ?? "[]") as readonly (readonly string[])[]).map((words) => words.join(" "));
const jobName = (wish: Wish, name: string): string => find(wish, "Job", name)?.metadata.name ?? "";
const prepared = (version: string, type = "Complete"): object => ({
  kind: "Job",
  metadata: { name: "nextcloud-prepare-0123", labels: { "app.kubernetes.io/version": version } },
  status: { conditions: [{ type, status: "True" }] },
});

describe("the driver of Nextcloud", () => {
  it("needs a database and a realm", () => {
    expect(nextcloudDriver.requires({ module: "Nextcloud" } as never)).toEqual(["PostgreSQL", "Keycloak"]);
  });

  it.each<[string, Wish, string | undefined, string | undefined]>([
    ["all is there", {}, undefined, undefined],
    ["the realm is missing", { without: "Keycloak" }, undefined, "Module Keycloak"],
    ["its image would have none of its apps", { images: {} }, undefined, "spec.images.overrides (name nextcloud)"],
    [
      "somebody built an image with its apps",
      { images: { overrides: [{ name: "nextcloud", reference: "a/b:1" }] } },
      undefined,
      undefined,
    ],
    ["the region has no object store", { store: "none" }, undefined, "set spec.storage.objectStore, or"],
    ["nothing may leave for the object store", { store: { cidrs: [] } }, undefined, "spec.storage.objectStore.cidrs"],
    ["files lie on a volume", { store: "none", nextcloud: { primaryStorage: "Volume" } }, undefined, undefined],
    ["its version is a word", { version: "latest" }, "InvalidSpec", "write three numbers, such as 34.0.2"],
    ["the region's authorities cannot be read", { trusted: false }, undefined, "ConfigMap authorities"],
  ])("where %s says so", (_when, wish, reason, says) => {
    const gap = nextcloudDriver.gap(input(wish));
    expect(gap?.reason).toBe(reason);
    if (says === undefined) expect(gap).toBeUndefined();
    else expect(gap?.message).toContain(says);
  });

  it("claims its host, its bucket, and its database where others have theirs beside it", () => {
    const own = [
      { kind: "Hostname", value: "drive.meteo.example" },
      { kind: "Bucket", value: "s3.example:9000/meteo-nextcloud" },
    ];
    expect(desired().claims).toEqual(own);
    expect(desired({ driver: "External" }).claims).toContainEqual({
      kind: "Database",
      value: "db.example:5433/meteo_nextcloud",
    });
  });

  it("keeps old versions of what lies in its bucket for a month, and asks for none where files lie on its volume", () => {
    expect(desired().bucket?.desired).toEqual({
      bucket: "meteo-nextcloud",
      marker: "ours",
      versioned: true,
      oldVersionsDays: 30,
    });
    const volume = { nextcloud: { primaryStorage: "Volume" } };
    expect(desired(volume).bucket).toBeUndefined();
    expect(files(volume)["serving.config.php"]).not.toContain("objectstore");
    expect(JSON.stringify(manifests(volume))).not.toContain("nextcloud-bucket");
  });

  it.each([
    [443, "https://drive.meteo.example"],
    [8443, "https://drive.meteo.example:8443"],
  ])("with port %i is found at %s, and the realm sends people to exact addresses there", (httpsPort, url) => {
    const wanted = desired({ httpsPort });
    expect(wanted.url).toBe(url);
    expect(wanted.client?.desired.representation).toMatchObject({
      publicClient: false,
      redirectUris: [`${url}/apps/user_oidc/code`, `${url}/index.php/apps/user_oidc/code`],
      webOrigins: [],
      attributes: {
        "pkce.code.challenge.method": "S256",
        "backchannel.logout.url": `${url}/index.php/apps/user_oidc/backchannel-logout/realm`,
        "backchannel.logout.session.required": "true",
        "post.logout.redirect.uris": `${url}/`,
      },
    });
    expect(JSON.stringify(wanted.client?.desired.representation)).not.toContain("*");
  });

  it("makes what must not change once, in a Secret that is kept", () => {
    const [, own] = desired().secrets;
    expect(Object.keys(own?.random ?? {}).toSorted()).toEqual(
      ["admin-password", "client-secret", "instance-id", "password-salt", "redis-password", "secret"].toSorted(),
    );
    expect(Object.keys(own?.copies ?? {})).toEqual(["database-password", "database-ca.crt"]);
  });

  it("first has locks, then data that are ready with nobody at them, then settings, then what serves", () => {
    const [locks, prepare, settings, serving] = stages();
    expect(locks?.awaits.map(({ name }) => name)).toEqual(["nextcloud-redis"]);
    expect(prepare?.manifests.map(({ kind }) => kind)).toEqual(["Job"]);
    expect(prepare?.awaits.map(({ name }) => name)).toEqual([jobName({}, "nextcloud-prepare")]);
    expect(prepare?.stops?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "Deployment nextcloud",
      "Deployment nextcloud-push",
      "CronJob nextcloud-cron",
    ]);
    expect(settings?.awaits.map(({ name }) => name)).toEqual([jobName({}, "nextcloud-settings")]);
    expect(settings?.stops).toBeUndefined();
    expect(serving?.awaits.map(({ name }) => name)).toEqual(["nextcloud", "nextcloud-push"]);
  });

  it.each<[string, Wish, { readonly prepare: boolean; readonly settings: boolean }]>([
    ["a larger size", { size: "XL" }, { prepare: false, settings: false }],
    ["another port of the region", { httpsPort: 8443 }, { prepare: false, settings: true }],
    ["another name", { displayName: "Autre" }, { prepare: false, settings: true }],
    ["another quota", { nextcloud: { defaultQuota: "20Gi" } }, { prepare: false, settings: true }],
    ["an online office", { office: true }, { prepare: false, settings: true }],
    ["another image", { version: "34.0.3" }, { prepare: true, settings: true }],
  ])("for %s does again what that needs and no more", (_what, wish, again) => {
    expect({
      prepare: jobName(wish, "nextcloud-prepare") !== jobName({}, "nextcloud-prepare"),
      settings: jobName(wish, "nextcloud-settings") !== jobName({}, "nextcloud-settings"),
    }).toEqual(again);
  });

  it.each<[string, Wish, string, string | undefined]>([
    ["nothing is asked for", {}, "34.0.2", undefined],
    ["nothing is asked for, and another runs", { runs: "33.0.7" }, "33.0.7", undefined],
    ["a patch is asked for", { runs: "33.0.7", version: "33.0.8" }, "33.0.8", undefined],
    ["the next major version is asked for", { runs: "33.0.7", version: "34.0.2" }, "34.0.2", undefined],
    ["a major version is left out", { runs: "32.0.1", version: "34.0.2" }, "32.0.1", "Ask for a version 33 first"],
    ["an older patch is asked for", { runs: "34.0.2", version: "34.0.1" }, "34.0.2", "restore a backup made with"],
    ["an older major version is asked for", { runs: "34.0.2", version: "33.0.7" }, "34.0.2", "Ask for 34.0.2 or"],
    [
      "one more is asked for before a step has ended",
      { runs: "34.0.2", version: "35.0.0", live: [prepared("33.0.7"), prepared("34.0.2", "Failed")] },
      "34.0.2",
      "The data are those of Nextcloud 33.0.7",
    ],
    [
      "a patch mends a step that does not end",
      { runs: "34.0.2", version: "34.0.3", live: [prepared("33.0.7"), prepared("34.0.2", "Failed")] },
      "34.0.3",
      undefined,
    ],
    [
      "one more is asked for after a step has ended",
      { runs: "34.0.2", version: "35.0.0", live: [prepared("33.0.7"), prepared("34.0.2")] },
      "35.0.0",
      undefined,
    ],
  ])("where %s runs what its data allow, and says so", (_when, wish, runs, says) => {
    const { version, behind } = desired(wish);
    expect(version).toBe(runs);
    expect(JSON.stringify(find(wish, "Deployment", "nextcloud"))).toContain(`/library/nextcloud:${runs}"`);
    expect(behind?.reason).toBe(says === undefined ? undefined : "VersionUnsupported");
    if (says !== undefined) expect(behind?.message).toContain(says);
  });

  it("keeps the size of its volume once it was chosen", () => {
    const kept = { storage: "10Gi" };
    expect(desired({ size: "XL", kept }).resolved["storage"]).toBe("10Gi");
    expect(JSON.stringify(find({ size: "XL", kept }, "PersistentVolumeClaim", "nextcloud"))).toContain('"10Gi"');
  });

  it("runs every container as somebody who is not root, on a root that nobody writes", () => {
    const pods = manifests({ trusted: true, office: true }).flatMap((one) => podOf(one) ?? []);
    expect(pods.length).toBe(7);
    for (const { securityContext, containers } of pods) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      for (const container of containers)
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
    }
  });

  it("lets what serves change nothing of its code and its configuration, and what administers its configuration alone", () => {
    const mounts = (kind: string, name: string) =>
      (podOf(find({}, kind, name) as Manifest)?.containers[0].volumeMounts ?? [])
        .filter(({ readOnly }) => readOnly !== true)
        .map(({ mountPath }) => mountPath);
    const always = ["/data", "/tmp", "/var/run/apache2"];
    expect(mounts("Deployment", "nextcloud")).toEqual(always);
    expect(mounts("CronJob", "nextcloud-cron")).toEqual(always);
    for (const name of ["nextcloud-prepare", "nextcloud-settings"])
      expect(mounts("Job", name)).toEqual(["/config", ...always]);
    expect(files()["serving.config.php"]).toContain("'config_is_read_only' => true");
    expect(files()["administering.config.php"]).toContain("'config_is_read_only' => false");
  });

  it("says secrets by reference only, in no argument, no value and no file", () => {
    const containers = manifests({ trusted: true }).flatMap((one) => podOf(one)?.containers ?? []);
    for (const { env = [] } of containers)
      for (const { name, value, valueFrom } of env.filter((one) => /PASSWORD|SECRET|KEY/.test(one.name))) {
        expect(value, name).toBeUndefined();
        expect(valueFrom).toMatchObject({ secretKeyRef: { name: "nextcloud-secrets" } });
      }
    const push = containers.find(({ name }) => name === "nextcloud-push")?.env ?? [];
    expect(push.find(({ name }) => name === "DATABASE_URL")?.value).toBe(
      "postgres://meteo_nextcloud:$(DATABASE_PASSWORD)@postgresql.t-meteo-data.svc:5432/meteo_nextcloud?sslmode=verify-full&sslrootcert=%2Fsecrets%2Fdatabase-ca.crt",
    );
    expect(push.find(({ name }) => name === "REDIS_URL")?.value).toBe(
      "redis://:$(REDIS_PASSWORD)@nextcloud-redis.t-meteo-apps.svc:6379",
    );
  });

  it("opens exactly the ways that it needs", () => {
    const flows = (wish: Wish): Readonly<Record<string, unknown>> =>
      Object.fromEntries(
        manifests(wish)
          .filter(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name.startsWith("nextcloud-allow"))
          .map(({ metadata, spec }) => {
            const { ingress, egress } = spec as { readonly ingress?: unknown; readonly egress?: unknown };
            return [metadata.name, ingress ?? egress];
          }),
      );
    const component = (name: string) => ({
      podSelector: {
        matchLabels: {
          "app.kubernetes.io/name": "nextcloud",
          "app.kubernetes.io/instance": "meteo",
          "app.kubernetes.io/component": name,
        },
      },
    });
    const edge = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "edge" } } };
    const office = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "t-meteo-office" } } };
    const ports = [{ port: 8080, protocol: "TCP" }];
    expect(flows({ office: true })).toEqual({
      "nextcloud-allow-realm": [{ to: [edge] }],
      "nextcloud-allow-object-store": [
        { to: [{ ipBlock: { cidr: "192.0.2.0/28" } }], ports: [{ port: 9000, protocol: "TCP" }] },
      ],
      "nextcloud-allow-push": [{ to: [component("web")], ports }],
      "nextcloud-allow-callers": [{ from: [component("push"), office], ports }],
    });
    expect(Object.keys(flows({ nextcloud: { primaryStorage: "Volume" } }))).not.toContain(
      "nextcloud-allow-object-store",
    );
    expect(JSON.stringify(flows({}))).not.toContain("office");
  });

  it("has one host with two ways in and its statement of accessibility", () => {
    const [route, ...others] = desired().application?.route ?? [];
    expect(others).toEqual([]);
    const paths = [...JSON.stringify(route).matchAll(/"path":"([^"]+)"/g)].map(([, path]) => path);
    expect(paths).toEqual(["/", "/push", "/accessibilite.html"]);
  });

  it("switches on the apps that are asked for, and the others off", () => {
    const found = commands({ nextcloud: { apps: ["deck"], defaultQuota: "500Mi", publicLinks: "Refused" } });
    expect(found).toEqual(
      expect.arrayContaining([
        "app:enable deck",
        "app:enable user_oidc",
        "app:disable calendar",
        "app:disable survey_client",
        "app:disable richdocuments",
        "config:app:set files default_quota --value=500 MB",
        "config:app:set core shareapi_allow_links --value=no",
      ]),
    );
    expect(found.filter((command) => command.startsWith("config:app:set richdocuments"))).toEqual([]);
    expect(commands({ nextcloud: { publicLinks: "WithPassword" } })).toEqual(
      expect.arrayContaining([
        "config:app:set core shareapi_allow_links --value=yes",
        "config:app:set core shareapi_enforce_links_password --value=yes",
      ]),
    );
  });

  it("knows its online office, which calls back from pod to pod", () => {
    expect(commands({ office: true, httpsPort: 8443 })).toEqual(
      expect.arrayContaining([
        "app:enable richdocuments",
        "config:app:set richdocuments public_wopi_url --value=https://docs.meteo.example:8443",
        "config:app:set richdocuments wopi_callback_url --value=http://nextcloud.t-meteo-apps.svc:8080",
      ]),
    );
  });

  it("knows people by what never changes, and hands the client's secret over as a file", () => {
    const [login] = commands().filter((command) => command.startsWith("user_oidc:provider"));
    for (const option of ["--mapping-uid=sub", "--unique-uid=0", "--clientsecret-file=/secrets/client-secret"])
      expect(login).toContain(option);
    expect(login).toContain("--discoveryuri=https://sso.example/realms/meteo/.well-known/openid-configuration");
  });

  it("imports the authorities of the region, and starts anew when they change", () => {
    expect(commands({ trusted: true })[0]).toBe("security:certificates:import /trust/ca.crt");
    const digest = (wish: Wish) =>
      /"socle.dev\/configuration":"(\w+)"/.exec(JSON.stringify(find(wish, "Deployment", "nextcloud")))?.[1];
    expect(digest({})).not.toBe(digest({ trusted: true }));
    expect(digest({})).toBe(digest({ displayName: "Autre" }));
  });
});

interface Container {
  readonly name: string;
  readonly securityContext?: object;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly volumeMounts?: readonly { readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface Pod {
  readonly securityContext?: object;
  readonly containers: readonly [Container, ...Container[]];
}

/** Of a Deployment, a Job or a CronJob. */
function podOf({ spec }: Manifest): Pod | undefined {
  const { template, jobTemplate } = (spec ?? {}) as {
    readonly template?: { readonly spec: Pod };
    readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: Pod } } };
  };
  return template?.spec ?? jobTemplate?.spec.template.spec;
}
