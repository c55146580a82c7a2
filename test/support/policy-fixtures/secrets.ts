import type { Fixtures } from "./fixture.ts";

const metadata = { name: "drive", namespace: "t-meteo-apps" };
const configMap = (data: Readonly<Record<string, string>>, name = "nextcloud-config") => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...metadata, name },
  data,
});
const deployment = (env: readonly object[], more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata,
  spec: {
    template: {
      spec: { containers: [{ name: "drive", env, ...more }], initContainers: [{ name: "prepare", env, ...more }] },
    },
  },
});
const cluster = (postgresql: object) => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata,
  spec: { postgresql },
});
const homeserver = (text: string) => configMap({ "homeserver.yaml": text }, "synapse-config");
const scram = ["hostssl all all all scram-sha-256", "hostnossl all all all reject"];

export const secrets: Fixtures = {
  "10-17": [
    {
      subject: homeserver("password_config: {enabled: true}\nbcrypt_rounds: 12"),
      rows: [
        {
          that: "keeps no passwords",
          subject: homeserver("password_config: {enabled: false}\nbcrypt_rounds: 4"),
          result: "pass",
        },
        { that: "is as it comes", subject: homeserver("report_stats: false"), result: "pass" },
        { that: "cannot be read", subject: homeserver("a: {"), result: "error" },
      ],
    },
    {
      subject: cluster({ pg_hba: scram }),
      rows: [
        {
          that: "admits one user without a password",
          subject: cluster({ pg_hba: [...scram, "host all backup 10.0.0.0/8 trust"] }),
          result: "fail",
        },
      ],
    },
  ],
  "10-19": [
    {
      subject: configMap({
        "app.yaml":
          "client_secret_path: /secrets/client\npassword_config:\n  enabled: false\nmacaroon_secret: /secrets/key",
        "app.php": "'dbpassword' => file_get_contents('/secrets/password'),",
        "install.php": "'--database-pass=' . $ours['dbpassword'],\n$secret = $ours['secret'];",
        "app.js": 'config["rooms"] = {"hideLobby":true,"disableLobbyPassword":true};',
        "app.conf": "requirepass ${PASSWORD}\nurl = redis://:${PASSWORD}@cache:6379",
      }),
      rows: [
        {
          that: "has a port in its address",
          subject: configMap({ url: "https://cache.example:6379/a@b" }),
          result: "pass",
        },
        {
          that: "has a signed token",
          subject: configMap({ note: `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}` }),
          result: "fail",
        },
      ],
    },
    {
      subject: deployment([
        { name: "DB_PASSWORD", value: "$(DATABASE_PASSWORD)" },
        { name: "API_TOKEN", value: "/secrets/token" },
      ]),
    },
  ],
  "10-20": {
    subject: deployment([{ name: "TZ", value: "Europe/Paris", valueFrom: { secretKeyRef: { name: "" } } }], {
      envFrom: [{ configMapRef: { name: "drive-config" } }],
    }),
    rows: [
      {
        that: "takes one secret from its environment",
        subject: deployment([
          { name: "TZ", value: "Europe/Paris" },
          { name: "REDIS_PASSWORD", valueFrom: { secretKeyRef: { name: "drive-secrets", key: "redis" } } },
        ]),
        result: "fail",
      },
      { that: "has no environment", subject: deployment([]), result: "pass" },
    ],
  },
};
