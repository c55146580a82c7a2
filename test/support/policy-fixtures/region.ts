import type { Manifest } from "../../../constructs/manifest.ts";
import { apiVersion, names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const region = (spec: object, name = "cloudgouv"): Manifest => ({
  apiVersion,
  kind: "SovereignRegion",
  metadata: { name },
  spec,
});
const tenant = (spec: object, status: object = {}): Manifest => ({
  apiVersion,
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { regionRef: { name: "cloudgouv" }, ...spec },
  status,
});
const proof = {
  scheme: "SecNumCloud",
  verification: "Verified",
  validFrom: "2026-06-15",
  validUntil: "2026-06-15",
};
const admitted = (status: string) => ({ conditions: [{ type: "RegionAdmitted", status }] });
const requiring = (scheme: string, status: object) =>
  tenant({ compliance: { requiredQualifications: [scheme] } }, status);

const servers = {
  country: "FR",
  keycloak: { url: "https://login.suite.example:8443/auth" },
  storage: { objectStore: { url: "https://objects.suite.example" } },
  postgresql: { server: { host: "db.suite.example" } },
  openXchange: { url: "https://appsuite.suite.example/webservices" },
};
const module = (addresses: readonly string[], tenantName = "meteo"): Manifest => ({
  apiVersion,
  kind: "ModuleDeployment",
  metadata: { name: "nextcloud", namespace: "t-meteo" },
  spec: { tenantRef: { name: tenantName } },
  status: { external: addresses.map((server) => ({ kind: "Bucket", name: "meteo", server })) },
});
const everywhere = [
  "login.suite.example:8443",
  "objects.suite.example",
  "db.suite.example:5432",
  "appsuite.suite.example",
];

const images = (mirror: string, ...references: readonly string[]) =>
  region({ images: { mirror, overrides: references.map((reference) => ({ name: "redis", reference })) } });

const config = (name: string, data: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "t-meteo-apps", labels: { [names.tenantLabel]: "meteo" } },
  data,
});
const homeserver = (settings: object) =>
  config("synapse-config", {
    "homeserver.yaml": JSON.stringify({
      trusted_key_servers: [],
      oidc_providers: [{ issuer: "https://login.suite.example/realms/meteo" }],
      ...settings,
    }),
  });
const client = (settings: object) =>
  config("web-client-config", {
    "config.json": JSON.stringify({
      default_server_config: { "m.homeserver": { base_url: "https://matrix.meteo.example" } },
      integrations_ui_url: null,
      integrations_rest_url: null,
      bug_report_endpoint_url: null,
      map_style_url: null,
      posthog: null,
      jitsi: { preferred_domain: "visio.meteo.example" },
      ...settings,
    }),
  });
const home = [
  tenant({ domain: "meteo.example" }),
  region({ keycloak: { url: "https://login.suite.example" }, smtp: { host: "relay.suite.example" } }),
];

export const regionFixtures: Fixtures = {
  "19-02": {
    subject: requiring("SecNumCloud", admitted("True")),
    related: [region({ qualifications: [proof] })],
    rows: [
      { that: "says that a proof is lost", subject: requiring("HDS", admitted("False")), result: "pass" },
      { that: "does not know yet", subject: requiring("HDS", admitted("Unknown")), result: "fail" },
      { that: "has no status", subject: requiring("HDS", {}), result: "fail" },
      { that: "requires nothing", subject: tenant({}), result: "pass" },
    ],
  },
  "19-06": {
    subject: module(everywhere),
    related: [tenant({ compliance: { countries: ["FR", "US"] } }), region(servers)],
    rows: [
      {
        that: "has its database in the cluster",
        subject: module(["postgresql-rw.t-meteo-data.svc:5432"]),
        result: "pass",
      },
      { that: "only ends like a Service", subject: module(["objects.svc.example"]), result: "fail" },
      { that: "is of a tenant that is not here", subject: module([], "gone"), result: "fail" },
      {
        that: "is a tenant that admits another country alone",
        subject: tenant({ compliance: { countries: ["DE"] } }),
        result: "fail",
      },
      {
        that: "is a tenant of a region that is not here",
        subject: tenant({ regionRef: { name: "gone" } }),
        result: "fail",
      },
      { that: "is a tenant that admits France by default", subject: tenant({}), result: "pass" },
      { that: "names a server that is no address", subject: module(["//"]), result: "error" },
    ],
  },
  "19-09": [
    {
      subject: homeserver({}),
      related: home,
      rows: [
        {
          that: "sends mail through the region",
          subject: homeserver({ email: { smtp_host: "relay.suite.example" } }),
          result: "pass",
        },
        {
          that: "reports errors to a host of the tenant",
          subject: homeserver({ sentry: { dsn: "https://key@errors.meteo.example/1" } }),
          result: "pass",
        },
        {
          that: "is of a tenant that is not here",
          subject: { ...homeserver({}), metadata: { name: "synapse-config", labels: { [names.tenantLabel]: "gone" } } },
          result: "error",
        },
      ],
    },
    {
      subject: client({}),
      related: home,
      rows: [
        {
          that: "measures what people do",
          subject: client({ posthog: { api_host: "https://posthog.elsewhere.example" } }),
          result: "fail",
        },
        { that: "leaves the address of maps out", subject: client({ map_style_url: undefined }), result: "fail" },
        { that: "leaves the place of conferences out", subject: client({ jitsi: {} }), result: "fail" },
        {
          that: "only ends like the domain of the tenant",
          subject: client({ map_style_url: "https://notmeteo.example" }),
          result: "fail",
        },
      ],
    },
  ],
  "19-11": [
    { subject: config("web-client-config", { "config.json": '{"setting_defaults":{"language":"fr"}}' }) },
    { subject: config("openproject-config", { "configuration.yml": "default:\n  default_language: fr\n" }) },
    {
      subject: config("jitsi-web-settings", {
        "custom-config.js": 'config["a"] = 1;\nconfig["defaultLanguage"] = "fr";\n',
      }),
      rows: [
        {
          that: "is set twice, and last to another",
          subject: config("jitsi-web-settings", {
            "custom-config.js": 'config["defaultLanguage"] = "fr";\nconfig["defaultLanguage"] = "en";\n',
          }),
          result: "fail",
        },
      ],
    },
    {
      subject: config("nextcloud-config", {
        "serving.config.php": "<?php\n$CONFIG = [\n  'default_language' => 'fr',\n];\n",
      }),
    },
  ],
  "19-20": {
    subject: images("registry.suite.example/mirror", "registry.suite.example/hardened/redis:8"),
    rows: [
      {
        that: "replaces nothing of the catalogue",
        subject: region({ images: { mirror: "registry.suite.example:5000" } }),
        result: "pass",
      },
      { that: "names no registry", subject: region({}), result: "fail" },
    ],
  },
};
