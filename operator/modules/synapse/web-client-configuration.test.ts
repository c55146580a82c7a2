import { describe, expect, it } from "vitest";
import { webClientJson, type WebClientSettings } from "./web-client-configuration.ts";

const settings: WebClientSettings = {
  serverName: "meteo.example",
  homeserverUrl: "https://matrix.meteo.example:8443",
  webClientUrl: "https://chat.meteo.example:8443",
  brand: 'Météo "nationale"',
};
const read = (over: Partial<WebClientSettings> = {}) =>
  JSON.parse(webClientJson({ ...settings, ...over })) as Readonly<Record<string, unknown>>;
const configuration = read();

/** Every text in it, at any depth. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}

/** What Element sends to its maker, or fetches from there, where its configuration says nothing. */
const filledByElement = [
  "integrations_ui_url",
  "integrations_rest_url",
  "integrations_widgets_urls",
  "bug_report_endpoint_url",
  "map_style_url",
  "posthog",
  "help_url",
  "help_encryption_url",
  "help_key_storage_url",
  "feedback",
  "jitsi",
  "desktop_builds",
  "mobile_builds",
];

describe("config.json of the web client", () => {
  it("names hosts of the tenant and no other", () => {
    const hosts = texts(configuration)
      .filter((text) => /^https?:/.test(text))
      .map((text) => new URL(text).hostname);
    expect(hosts.length).toBeGreaterThan(0);
    for (const host of hosts) expect(host).toMatch(/\.meteo\.example$/);
  });

  it.each(filledByElement)("says %s, which Element would fill in itself", (key) => {
    expect(configuration).toHaveProperty([key]);
  });

  it.each<[string, string | undefined, string]>([
    ["its own conferences", "visio.meteo.example:8443", "visio.meteo.example:8443"],
    ["its own pages, where none are, without conferences", undefined, "chat.meteo.example"],
  ])("leads calls of a tenant to %s, and never to others", (_where, conferenceHost, host) => {
    const found = read(conferenceHost === undefined ? {} : { conferenceHost });
    expect(found["jitsi"]).toEqual({ preferred_domain: host });
  });

  it("leads to one homeserver, through the realm, in French", () => {
    expect(configuration).toMatchObject({
      default_server_config: {
        "m.homeserver": { base_url: "https://matrix.meteo.example:8443", server_name: "meteo.example" },
      },
      disable_custom_urls: true,
      disable_guests: true,
      sso_redirect_options: { immediate: true },
      setting_defaults: { language: "fr", "UIFeature.registration": false },
      brand: 'Météo "nationale"',
    });
  });
});
