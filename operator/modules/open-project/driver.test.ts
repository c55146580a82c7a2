import { describe, expect, it } from "vitest";
import { openProjectFiles } from "../../../constructs/open-project/open-project-input.ts";
import { readConfiguration } from "../../../test/support/ruby-template.ts";
import { meteo } from "../../../test/support/meteo.ts";
import type { DesiredModule, ModuleInput } from "../driver.ts";
import { openProjectDriver } from "./driver.ts";

interface Wish {
  readonly size?: "XS" | "S" | "M" | "L" | "XL";
  readonly version?: string;
  readonly runs?: string;
  readonly live?: readonly object[];
  readonly token?: boolean;
  readonly siblings?: readonly string[];
  readonly store?: object | "none";
  readonly smtp?: object | "none";
  readonly httpsPort?: number;
  readonly issuer?: string;
  readonly displayName?: string;
  readonly driver?: "CloudNativePG" | "StatefulSet" | "External";
  readonly trusted?: boolean;
}

const store = { url: "https://s3.example", region: "eu-1", pathStyle: true, cidrs: ["192.0.2.0/24"] };
const smtp = { host: "relay.example", port: 587, tls: "StartTLS", from: "suite@example.org", cidrs: ["192.0.2.25/32"] };

function input(wish: Wish = {}): ModuleInput {
  const { size, version, runs, siblings = ["PostgreSQL", "Keycloak"] } = wish;
  return {
    tenant: { ...meteo, spec: { ...meteo.spec, displayName: wish.displayName ?? meteo.spec.displayName } },
    module: {
      metadata: {},
      spec: {
        module: "OpenProject",
        ...(wish.token === false
          ? {}
          : { openProject: { enterpriseTokenSecretRef: { name: "bought", key: "its.key" } } }),
        ...(size === undefined ? {} : { size }),
        ...(version === undefined ? {} : { version }),
      },
      status: runs === undefined ? {} : { version: runs },
    },
    region: {
      metadata: { name: "north" },
      spec: {
        keycloak: { url: "https://sso.example" },
        ingress: {
          className: "edge",
          httpsPort: wish.httpsPort ?? 443,
          ...(wish.issuer === undefined ? { tlsSecretRef: { name: "wildcard" } } : { clusterIssuer: wish.issuer }),
          from: { namespaceLabels: { "kubernetes.io/metadata.name": "edge" } },
        },
        postgresql: {
          defaultDriver: wish.driver ?? "StatefulSet",
          server: { host: "db.example", port: 5432, tls: "VerifyFull" },
        },
        storage: wish.store === "none" ? {} : { objectStore: wish.store ?? store },
        ...(wish.smtp === "none" ? {} : { smtp: wish.smtp ?? smtp }),
        ...(wish.trusted === undefined ? {} : { trustBundle: { configMapRef: { name: "authorities" } } }),
      },
    },
    marker: "ours",
    cluster: { kinds: new Set(), apiServers: [] },
    siblings: siblings.map((module) => ({ spec: { module } })),
    live: wish.live ?? [],
    ...(wish.trusted === true ? { trustBundle: "PEM" } : {}),
  } as unknown as ModuleInput;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}
interface Running {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly podSelector?: unknown;
    readonly egress?: readonly unknown[];
    readonly template?: {
      readonly spec: {
        readonly containers: readonly [
          { readonly image: string; readonly args: readonly string[]; readonly env: readonly Variable[] },
        ];
        readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
      };
    };
  };
}

const desired = (wish: Wish = {}): DesiredModule => openProjectDriver.desired(input(wish));
const workload = (wish: Wish = {}) => {
  const { application } = desired(wish);
  if (application === undefined) throw new Error("there is always an application");
  return application.workload;
};
const everything = (wish: Wish = {}): readonly Running[] => {
  const { gates = [], manifests } = workload(wish);
  return [...gates.flatMap((gate) => gate.manifests), ...manifests];
};
const named = (wish: Wish, kind: string, name: string) =>
  everything(wish).find((one) => one.kind === kind && one.metadata.name.startsWith(name));
const programOf = (object: Running | undefined) => object?.spec?.template?.spec.containers[0];
const parts = (wish: Wish = {}) => [
  named(wish, "Deployment", "openproject-web"),
  named(wish, "Deployment", "openproject-worker"),
  named(wish, "Job", "openproject-migration"),
];

/** What each file would hold. */
const files = Object.fromEntries(Object.values(openProjectFiles).map((path) => [path, `content of ${path}`]));
const configuration = (wish: Wish = {}) => {
  const text = named(wish, "ConfigMap", "openproject-config")?.data?.["configuration.yml"] ?? "";
  return (readConfiguration(text, files) as { readonly default: Readonly<Record<string, unknown>> }).default;
};

describe("the driver of the projects", () => {
  it("needs a database and a realm", () => {
    expect(openProjectDriver.requires({ module: "OpenProject" } as never)).toEqual(["PostgreSQL", "Keycloak"]);
  });

  it.each<[string, Wish, string | undefined, string | undefined]>([
    ["all is there", {}, undefined, undefined],
    ["the database is missing", { siblings: ["Keycloak"] }, undefined, "Module PostgreSQL"],
    ["the realm is missing", { siblings: ["PostgreSQL"] }, undefined, "Module Keycloak"],
    ["the region has no object store", { store: "none" }, undefined, "set spec.storage.objectStore of"],
    ["nobody knows where the object store is", { store: { ...store, cidrs: [] } }, undefined, "objectStore.cidrs"],
    ["the region sends no mail", { smtp: "none" }, undefined, "set spec.smtp"],
    ["the region's authorities cannot be read", { trusted: false }, undefined, "ConfigMap authorities"],
    ["the version is none", { version: "17.7.2-slim" }, "InvalidSpec", "such as 17.7.2"],
    ["a version is asked for", { version: "17.8.0" }, undefined, undefined],
  ])("where %s says so", (_when, wish, reason, says) => {
    const gap = openProjectDriver.gap(input(wish));
    expect(gap?.reason).toBe(reason);
    if (says === undefined) expect(gap).toBeUndefined();
    else expect(gap?.message).toContain(says);
  });

  it("refuses logins without an enterprise token, and says where to put one", () => {
    expect(desired().loginRefused).toBeUndefined();
    const { loginRefused, client, application } = desired({ token: false });
    expect(loginRefused).toContain("a Secret of namespace t-meteo");
    expect(loginRefused).toContain("openProject.enterpriseTokenSecretRef");
    // What was made with a token can be ended without one.
    expect(client?.desired.clientId).toBe("openproject");
    expect(application?.route).toHaveLength(1);
  });

  it.each<[Wish, readonly string[]]>([
    [{}, ["Hostname projects.meteo.example", "Bucket s3.example/meteo-openproject"]],
    [
      { driver: "External" },
      [
        "Hostname projects.meteo.example",
        "Bucket s3.example/meteo-openproject",
        "Database db.example:5432/meteo_openproject",
      ],
    ],
  ])("with %j claims its names", (wish, claims) => {
    expect(desired(wish).claims.map(({ kind, value }) => `${kind} ${value}`)).toEqual(claims);
  });

  it.each([
    [443, "https://projects.meteo.example"],
    [8443, "https://projects.meteo.example:8443"],
  ])("with port %i is found at %s, and the realm sends people to exact addresses", (httpsPort, url) => {
    const { client, url: shown } = desired({ httpsPort });
    expect(shown).toBe(url);
    expect(client?.desired.representation).toMatchObject({
      publicClient: false,
      redirectUris: [`${url}/auth/keycloak/callback`],
      webOrigins: [],
      attributes: {
        "post.logout.redirect.uris": `${url}/`,
        "backchannel.logout.url": `${url}/auth/keycloak/backchannel-logout`,
      },
    });
    expect(configuration({ httpsPort })).toMatchObject({
      host_name: url.slice("https://".length),
      seed_oidc_provider: { keycloak: { post_logout_redirect_uri: `${url}/`, identifier: "openproject" } },
    });
  });

  it("lets people in by the realm, and nobody become somebody who was here before", () => {
    const issuer = "https://sso.example/realms/meteo";
    expect(configuration()).toMatchObject({
      login_required: true,
      self_registration: 0,
      oauth_allow_remapping_of_existing_users: false,
      omniauth_direct_login_provider: "keycloak",
      seed_enterprise_token: "content of /secrets/entitlement/token",
      seed_oidc_provider: {
        keycloak: {
          issuer,
          host: "sso.example",
          secret: "content of /secrets/own/client-secret",
          token_endpoint: `${issuer}/protocol/openid-connect/token`,
        },
      },
    });
  });

  it("keeps attachments in its bucket, with the key that was handed in for it", () => {
    expect(desired().bucket).toMatchObject({
      desired: { bucket: "meteo-openproject", marker: "ours", versioned: false },
    });
    expect(configuration()).toMatchObject({
      attachments_storage: "fog",
      direct_uploads: false,
      fog: {
        directory: "meteo-openproject",
        credentials: {
          provider: "AWS",
          endpoint: "https://s3.example",
          region: "eu-1",
          path_style: true,
          aws_access_key_id: "content of /secrets/bucket/accessKeyID",
          aws_secret_access_key: "content of /secrets/bucket/secretAccessKey",
        },
      },
    });
  });

  it.each<[object, object, number]>([
    [smtp, { smtp_authentication: "none", smtp_enable_starttls_auto: true, smtp_ssl: false }, 1],
    [
      { ...smtp, tls: "TLS", port: 465, credentialsSecretRef: { name: "relay-account" } },
      {
        smtp_authentication: "plain",
        smtp_user_name: "content of /secrets/mail/username",
        smtp_password: "content of /secrets/mail/password",
        smtp_enable_starttls_auto: false,
        smtp_ssl: true,
        smtp_port: 465,
      },
      2,
    ],
  ])("sends mail over %j", (relay, says, copies) => {
    expect(configuration({ smtp: relay })).toMatchObject({
      email_delivery_method: "smtp",
      smtp_address: "relay.example",
      mail_from: "suite@example.org",
      smtp_openssl_verify_mode: "peer",
      ...says,
    });
    expect(desired({ smtp: relay }).copied).toHaveLength(copies);
  });

  it("holds the token under a name of its own, whatever people call theirs", () => {
    expect(desired().copied).toEqual([
      { name: "openproject-entitlement", from: { kind: "people", secret: "bought", key: "its.key", as: "token" } },
    ]);
  });

  it("is found by its own password at its cache", () => {
    expect(configuration()["cache_redis_url"]).toBe(
      "redis://:content of /secrets/own/cache-password@openproject-redis.t-meteo-apps.svc:6379/0",
    );
  });

  it.each(["<%= `id` %>", "yes", "a: b # c\n---\n", '"\\\u0085\ud800'])(
    "says the hostile name %j as it is",
    (displayName) => {
      expect(configuration({ displayName })).toEqual({
        ...configuration(),
        seed_oidc_provider: {
          keycloak: expect.objectContaining({ display_name: displayName.toWellFormed() }) as object,
        },
      });
    },
  );

  it("gives each program one image, and only the Job the first password of its administrator", () => {
    for (const part of parts({ version: "17.8.0" }))
      expect(programOf(part)?.image).toBe("docker.io/openproject/openproject:17.8.0-slim");
    expect(desired({ version: "17.8.0" }).version).toBe("17.8.0");
    const withPassword = parts().map((part) =>
      programOf(part)?.env.some(({ name }) => name === "OPENPROJECT_SEED_ADMIN_USER_PASSWORD"),
    );
    expect(withPassword).toEqual([false, false, true]);
    expect(parts().map((part) => programOf(part)?.args)).toEqual([
      ["bash", "/app/docker/prod/web"],
      ["bash", "/app/docker/prod/worker"],
      ["bash", "/app/docker/prod/seeder"],
    ]);
  });

  it("names no secret but by its Secret", () => {
    for (const part of parts({ smtp: { ...smtp, credentialsSecretRef: { name: "relay-account" } } })) {
      const hidden = (programOf(part)?.env ?? []).filter(({ name }) => /SECRET|PASSWORD|TOKEN/.test(name));
      expect(hidden.length).toBeGreaterThan(0);
      for (const { value, valueFrom } of hidden) {
        expect(value).toBeUndefined();
        expect(valueFrom?.secretKeyRef.name).toBe("openproject-secrets");
      }
      const mounted = part?.spec?.template?.spec.volumes.flatMap(({ secret }) => secret?.secretName ?? []);
      expect(mounted).toEqual([
        "openproject-secrets",
        "openproject-bucket",
        "openproject-entitlement",
        "openproject-mail",
      ]);
    }
  });

  it("changes its tables before its programs start, and stops those while it does", () => {
    const { gates = [], awaits } = workload();
    const awaited = gates.map((gate) =>
      gate.awaits.map(({ kind, name }) => `${kind} ${name.replace(/-[0-9a-f]{10}$/, "")}`),
    );
    expect(awaited).toEqual([["Deployment openproject-redis"], ["Job openproject-migration"]]);
    expect(gates[1]?.stops).toEqual(awaits);
    expect(awaits.map(({ name }) => name)).toEqual(["openproject-web", "openproject-worker"]);
  });

  it("makes another Job for another version and another login, and none for another size", () => {
    const job = (wish: Wish): string => named(wish, "Job", "openproject-migration")?.metadata.name ?? "";
    const first = job({});
    expect(job({})).toBe(first);
    expect(job({ size: "XL" })).toBe(first);
    expect(job({ version: "17.8.0" })).not.toBe(first);
    expect(job({ displayName: "Météo-France" })).not.toBe(first);
  });

  it("opens the flows that it needs, and no other", () => {
    const flows = everything()
      .filter(({ kind }) => kind === "NetworkPolicy")
      .map(({ metadata, spec }) => [metadata.name, JSON.stringify(spec?.egress ?? "in")]);
    expect(Object.fromEntries(flows)).toEqual({
      "openproject-allow-objects":
        '[{"ports":[{"port":443,"protocol":"TCP"}],"to":[{"ipBlock":{"cidr":"192.0.2.0/24"}}]}]',
      "openproject-allow-mail":
        '[{"ports":[{"port":587,"protocol":"TCP"}],"to":[{"ipBlock":{"cidr":"192.0.2.25/32"}}]}]',
      "openproject-allow-realm":
        '[{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"edge"}}}]}]',
      "openproject-redis-allow-clients": '"in"',
      "openproject-redis-allow-from-clients": expect.stringContaining('"port":6379') as string,
    });
  });

  it.each([
    ["http://s3.example", 80],
    ["https://s3.example:9000", 9000],
  ])("with an object store at %s opens port %i", (url, port) => {
    const policy = named({ store: { ...store, url } }, "NetworkPolicy", "openproject-allow-objects");
    expect(JSON.stringify(policy?.spec?.egress)).toContain(`"port":${port}`);
  });

  it.each<["XS" | "S" | "M" | "L" | "XL" | undefined, number, number]>([
    ["XS", 1, 1],
    [undefined, 1, 1],
    ["M", 2, 1],
    ["L", 3, 2],
    ["XL", 4, 2],
  ])("with size %s runs %i pods of pages and %i workers, within what its database takes", (size, pages, workers) => {
    const wish = size === undefined ? {} : { size };
    const [web, worker] = parts(wish);
    expect([web?.spec?.replicas, worker?.spec?.replicas]).toEqual([pages, workers]);
    const number = (part: Running | undefined, name: string): number =>
      Number(programOf(part)?.env.find((one) => one.name === name)?.value);
    const opened =
      pages * number(web, "OPENPROJECT_WEB_WORKERS") * number(web, "OPENPROJECT_DB_POOL") +
      workers * number(worker, "OPENPROJECT_DB_POOL");
    expect(opened).toBeLessThan(desired(wish).database?.desired.connectionLimit ?? 0);
  });

  it("knows the authorities of the region where it has some", () => {
    const variable = (wish: Wish) => programOf(parts(wish)[0])?.env.find(({ name }) => name === "SSL_CERT_FILE")?.value;
    expect(variable({})).toBeUndefined();
    expect(variable({ trusted: true })).toBe("/trust/ca.crt");
  });

  it("stays at the version that runs where an older one is asked for", () => {
    const { version, behind } = desired({ runs: "17.7.2", version: "17.6.0" });
    expect(version).toBe("17.7.2");
    expect(behind?.reason).toBe("VersionUnsupported");
  });
});
