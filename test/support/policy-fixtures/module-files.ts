import type { Manifest } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const placed = (name: string, namespace: string): Manifest["metadata"] => ({
  name,
  namespace,
  labels: { [names.tenantLabel]: "meteo" },
});
const files = (name: string, data: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: placed(name, "t-meteo-apps"),
  data,
});
const cluster = (parameters: object): Manifest => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata: placed("postgresql", "t-meteo-data"),
  spec: { postgresql: { parameters } },
});
const log = (file: object): Manifest => files("synapse-config", { "log.yaml": JSON.stringify(file) });
const root = { level: "INFO", handlers: ["console"] };

const commands = JSON.stringify(
  [
    ["app:enable", "admin_audit"],
    ["app:disable", "survey_client"],
    ["app:disable", "updatenotification"],
    ["background:cron"],
  ],
  null,
  2,
);
const php = (...lines: readonly string[]): string =>
  ["<?php", "$CONFIG = [", ...lines.map((line) => `  ${line},`), "];", ""].join("\n");
const nextcloud = (...lines: readonly string[]): Manifest =>
  files("nextcloud-config", { "settings.json": commands, "serving.config.php": php(...lines) });
const offline = ["'has_internet_connection' => false", "'updatechecker' => false"];

const conferences = (...lines: readonly string[]): Manifest =>
  files("jitsi-web-settings", { "custom-config.js": lines.map((line) => `${line};\n`).join("") });
const silent = [
  'config["disableThirdPartyRequests"] = true',
  'config["analytics"] = {"disabled":true}',
  'config["gravatar"] = {"disabled":true}',
];

const homeserver = (text: string): Manifest => files("synapse-config", { "homeserver.yaml": text });
const projects = `"default":
  "security_badge_displayed": false
  "plugin_openproject_avatars": { "enable_gravatars": false }
`;

export const moduleFiles: Fixtures = {
  "12-14": [
    {
      subject: cluster({ log_connections: "on" }),
      rows: [
        {
          that: "lists what is written",
          subject: cluster({ log_connections: "receipt, authorization" }),
          result: "pass",
        },
        {
          that: "writes down callers and not who they are",
          subject: cluster({ log_connections: "receipt" }),
          result: "fail",
        },
      ],
    },
    {
      subject: files("postgresql-config", { "postgresql.conf": "log_connections = 'on'\nssl = 'on'\n" }),
      rows: [
        {
          that: "says it twice",
          subject: files("postgresql-config", {
            "postgresql.conf": "log_connections = 'on'\nlog_connections = 'off'\n",
          }),
          result: "error",
        },
      ],
    },
    { subject: nextcloud() },
    {
      subject: log({ root, loggers: { "synapse.storage.SQL": { level: "WARNING" } } }),
      rows: [
        { that: "names no loggers", subject: log({ root }), result: "pass" },
        {
          that: "silences requests",
          subject: log({ root, loggers: { "synapse.access": { level: "ERROR" } } }),
          result: "fail",
        },
        { that: "is no YAML", subject: files("synapse-config", { "log.yaml": "root: {" }), result: "error" },
        { that: "is another file", subject: homeserver("report_stats: false\n"), result: "error" },
      ],
    },
  ],
  "12-36": [
    {
      subject: homeserver("server_name: meteo.example\nreport_stats: false\n"),
      rows: [
        {
          that: "says no in another way than Synapse reads it",
          subject: homeserver("report_stats: 'no'\n"),
          result: "fail",
        },
        {
          that: "sends its errors away",
          subject: homeserver("report_stats: false\nsentry:\n  environment: production\n"),
          result: "fail",
        },
      ],
    },
    {
      subject: files("web-client-config", { "config.json": '{"posthog":null,"brand":"Météo"}' }),
      rows: [{ that: "has no such file", subject: files("web-client-config", {}), result: "error" }],
    },
    { subject: files("openproject-config", { "configuration.yml": projects }) },
    {
      subject: nextcloud(...offline),
      rows: [
        { that: "says it twice", subject: nextcloud(...offline, "'updatechecker' => true"), result: "error" },
        { that: "does not say it", subject: nextcloud("'updatechecker' => false"), result: "error" },
      ],
    },
    {
      subject: conferences(...silent),
      rows: [{ that: "leaves one out", subject: conferences(...silent.slice(1)), result: "error" }],
    },
    {
      subject: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: placed("collabora", "t-meteo-office"),
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "collabora",
                  args: ["--o:allow_update_popup=false", "--o:fetch_update_check=0", "--o:feedback.show=false"],
                },
              ],
            },
          },
        },
      },
    },
  ],
};
