import { labels } from "../../constructs/labels.ts";
import { configurationFiles } from "../../constructs/nextcloud/foundation.ts";
import type { NextcloudInput } from "../../constructs/nextcloud/nextcloud-input.ts";
import { configurationPhp, type NextcloudSettings } from "../../operator/modules/nextcloud/configuration.ts";
import { occCommands, type OccSettings } from "../../operator/modules/nextcloud/occ-settings.ts";
import { pushEnvironment } from "../../operator/modules/nextcloud/push-environment.ts";

/** What a ministry's Nextcloud is told. */
export const nextcloudSettings: NextcloudSettings = {
  namespace: "t-minagri-apps",
  host: "drive.agriculture.example",
  url: "https://drive.agriculture.example",
  database: {
    host: "postgresql.t-minagri-data.svc",
    port: 5432,
    name: "minagri_nextcloud",
    tls: "VerifyFull",
    authority: "/secrets/database-ca.crt",
  },
  redis: { host: "nextcloud-redis.t-minagri-apps.svc", port: 6379 },
  bucket: { name: "minagri-nextcloud", url: "https://s3.example:9000", region: "north-1", pathStyle: true },
  proxies: ["198.51.100.0/24"],
};

export const officeSettings: OccSettings = {
  displayName: "Ministère de l'Agriculture",
  url: nextcloudSettings.url,
  issuer: "https://sso.example/realms/minagri",
  clientId: "nextcloud",
  defaultQuota: "20Gi",
  apps: ["calendar", "contacts", "deck"],
  publicLinks: "WithPassword",
  office: { url: "https://docs.agriculture.example", callback: "http://nextcloud.t-minagri-apps.svc:8080" },
  trusted: true,
};

export const nextcloudInput: NextcloudInput = {
  namespace: nextcloudSettings.namespace,
  labels: labels({ tenant: "minagri", component: "drive", module: "Nextcloud" }),
  version: "34.0.2",
  image: "registry.example/nextcloud:34.0.2@sha256:0123456789abcdef",
  pullSecret: "registry",
  secrets: "nextcloud-secrets",
  bucketSecret: "nextcloud-bucket",
  objectStore: { cidrs: ["192.0.2.0/28"], port: 9000 },
  trustBundle: "-----BEGIN CERTIFICATE-----\n",
  host: nextcloudSettings.host,
  web: { resources: { cpu: "2", memoryMi: 6144 }, workers: 75 },
  push: { resources: { cpu: "100m", memoryMi: 256 }, environment: pushEnvironment(nextcloudSettings) },
  redis: { image: "registry.example/valkey:8.1.1", resources: { cpu: "100m", memoryMi: 256 } },
  configuration: {
    serving: configurationPhp(nextcloudSettings, "serving"),
    administering: configurationPhp(nextcloudSettings, "administering"),
  },
  settings: JSON.stringify(occCommands(officeSettings), undefined, 2),
  storageClass: "encrypted",
  storage: "10Gi",
  office: "t-minagri-office",
  ingressFrom: { namespaceLabels: { "kubernetes.io/metadata.name": "ingress" } },
};

/** The text of one file of the module's ConfigMap. */
export function nextcloudFile(name: string): string {
  return configurationFiles(nextcloudInput)[name] ?? "";
}
