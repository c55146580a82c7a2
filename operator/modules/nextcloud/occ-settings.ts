import { nextcloudFiles, pushPath } from "../../../constructs/nextcloud/nextcloud-input.ts";
import type { ModuleSettings } from "../driver.ts";
import { clusterRanges } from "./configuration.ts";

export type VettedApp = NonNullable<ModuleSettings["nextcloud"]>["apps"][number];
export type OccCommand = readonly [command: string, ...words: string[]];

/** Everything that is kept in the database, and set by occ. */
export interface OccSettings {
  readonly displayName: string;
  readonly url: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly defaultQuota: string;
  readonly apps: readonly VettedApp[];
  readonly publicLinks: "Refused" | "WithPassword";
  /** The online office, where the tenant has one, and how it calls back. */
  readonly office?: { readonly url: string; readonly callback: string };
  readonly trusted: boolean;
}

/** Never changes: it is part of the address at which the realm tells of logouts. */
export const providerName = "realm";

const vettedApps: readonly VettedApp[] = ["calendar", "contacts", "deck", "groupfolders", "mail", "notes"];
/** Without these nobody could log in, and clients would learn of nothing. */
export const neededApps = ["user_oidc", "notify_push", "admin_audit"] as const;
export const officeApp = "richdocuments";
/** What shows things of its maker's, or tells its maker something. */
const unwantedApps = [
  "dashboard",
  "firstrunwizard",
  "nextcloud_announcements",
  "photos",
  "recommendations",
  "support",
  "survey_client",
  "updatenotification",
  "weather_status",
];

/**
 * Commands that make it so, whatever was so before: each value is set, and what is not wanted is switched off. Names and options: Nextcloud's
 * administration manual, "Using the occ command", and those of the apps.
 */
export function occCommands(settings: OccSettings): OccCommand[] {
  return [
    ...(settings.trusted ? [["security:certificates:import", nextcloudFiles.trust] as OccCommand] : []),
    ["background:cron"],
    ...appCommands(settings),
    ...sharing(settings),
    ...appearance(settings),
    ["config:app:set", "files", "default_quota", `--value=${quotaText(settings.defaultQuota)}`],
    ["config:app:set", "notify_push", "base_endpoint", `--value=${settings.url}${pushPath}`],
    ...login(settings),
    ...officeCommands(settings),
  ];
}

function appCommands({ apps, office }: OccSettings): OccCommand[] {
  const wanted = [...neededApps, ...vettedApps.filter((app) => apps.includes(app))];
  const others = [...unwantedApps, ...vettedApps.filter((app) => !apps.includes(app))];
  return [
    ...wanted.map((app): OccCommand => ["app:enable", app]),
    ...others.map((app): OccCommand => ["app:disable", app]),
    office === undefined ? ["app:disable", officeApp] : ["app:enable", officeApp],
  ];
}

function sharing({ publicLinks }: OccSettings): OccCommand[] {
  const links = publicLinks === "WithPassword";
  const set = (app: string, key: string, value: boolean): OccCommand => [
    "config:app:set",
    app,
    key,
    `--value=${value ? "yes" : "no"}`,
  ];
  return [
    set("core", "shareapi_allow_links", links),
    set("core", "shareapi_enforce_links_password", true),
    set("files_sharing", "outgoing_server2server_share_enabled", false),
    set("files_sharing", "incoming_server2server_share_enabled", false),
    set("files_sharing", "lookupServerEnabled", false),
  ];
}

function appearance({ displayName, url }: OccSettings): OccCommand[] {
  // What follows two dashes is no option, whatever it begins with.
  const set = (key: string, value: string): OccCommand => ["theming:config", "--", key, value];
  return [
    set("name", oneLine(displayName)),
    set("url", url),
    set("color", "#000091"),
    set("disable-user-theming", "yes"),
  ];
}

/** A person is who the realm says by a number of its own: names and addresses of people change, and are given to others. */
function login({ issuer, clientId, url }: OccSettings): OccCommand[] {
  return [
    [
      "user_oidc:provider",
      providerName,
      `--clientid=${clientId}`,
      `--clientsecret-file=${nextcloudFiles.secrets.client}`,
      `--discoveryuri=${issuer}/.well-known/openid-configuration`,
      `--postlogouturi=${url}/`,
      "--scope=openid email profile",
      "--unique-uid=0",
      "--mapping-uid=sub",
      "--mapping-display-name=name",
      "--mapping-email=email",
      "--group-provisioning=0",
      "--check-bearer=0",
      "--bearer-provisioning=0",
      "--send-id-token-hint=1",
    ],
    ["config:app:set", "user_oidc", "allow_multiple_user_backends", "--value=0"],
  ];
}

function officeCommands({ office }: OccSettings): OccCommand[] {
  if (office === undefined) return [];
  const set = (key: string, value: string): OccCommand => ["config:app:set", officeApp, key, `--value=${value}`];
  return [
    set("wopi_url", office.url),
    set("public_wopi_url", office.url),
    // Straight from pod to pod: the office needs no other way out.
    set("wopi_callback_url", office.callback),
    set("wopi_allowlist", clusterRanges.join(",")),
  ];
}

/** In Nextcloud's words, which count in 1024s and say it without the i. */
function quotaText(quantity: string): string {
  return quantity.replace(/^(\d+)([MGT])i$/, "$1 $2B");
}

/** A word of a command ends at a NUL, and a name is one line. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
