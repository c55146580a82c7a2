/** Everything that config.json of the web client depends on. */
export interface WebClientSettings {
  readonly serverName: string;
  /** Public addresses without trailing slash. */
  readonly homeserverUrl: string;
  readonly webClientUrl: string;
  readonly brand: string;
  /** Host of the tenant's video conferences, with its port if that is not 443; absent where it has none. */
  readonly conferenceHost?: string;
}

/**
 * config.json of Element Web. What it leaves out, Element fills with hosts of its maker: for bug reports, maps, integrations, conferences,
 * help, feedback, downloads of other clients. So each of them is said, and none of them leads outside. Names of keys: Element's manual of its
 * configuration.
 */
export function webClientJson(settings: WebClientSettings): string {
  const { serverName, homeserverUrl, webClientUrl, brand, conferenceHost } = settings;
  const nowhere = null;
  return JSON.stringify(
    {
      default_server_config: { "m.homeserver": { base_url: homeserverUrl, server_name: serverName } },
      disable_custom_urls: true,
      disable_guests: true,
      disable_3pid_login: true,
      brand,
      permalink_prefix: webClientUrl,
      default_country_code: "FR",
      // One way in: who comes is sent to the realm.
      sso_redirect_options: { immediate: true },
      room_directory: { servers: [serverName] },
      show_labs_settings: false,
      integrations_ui_url: nowhere,
      integrations_rest_url: nowhere,
      integrations_widgets_urls: [],
      bug_report_endpoint_url: nowhere,
      map_style_url: nowhere,
      posthog: nowhere,
      privacy_policy_url: nowhere,
      help_url: webClientUrl,
      help_encryption_url: webClientUrl,
      help_key_storage_url: webClientUrl,
      feedback: { existing_issues_url: webClientUrl, new_issue_url: webClientUrl },
      // Without conferences of the tenant's own, a host where there are none: left out, it would be one of others.
      jitsi: { preferred_domain: conferenceHost ?? new URL(webClientUrl).hostname },
      element_call: { use_exclusively: false, participant_limit: 0, brand },
      desktop_builds: { available: false, logo: "", url: webClientUrl },
      mobile_builds: { ios: nowhere, android: nowhere, fdroid: nowhere },
      setting_defaults: {
        language: "fr",
        urlPreviewsEnabled: false,
        urlPreviewsEnabled_e2ee: false,
        "UIFeature.registration": false,
        "UIFeature.passwordReset": false,
        "UIFeature.deactivate": false,
        "UIFeature.identityServer": false,
        "UIFeature.thirdPartyId": false,
        "UIFeature.feedback": false,
        "UIFeature.widgets": false,
        "UIFeature.locationSharing": false,
        "UIFeature.advancedSettings": false,
      },
    },
    undefined,
    2,
  );
}
