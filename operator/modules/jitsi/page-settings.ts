type Json = string | number | boolean | null | object;

/** What the pages are told beyond what variables of the image can say. Names of keys: jitsi-meet's config.js. */
function settings(guests: "Refused" | "LobbyOnly"): Readonly<Record<string, Json>> {
  const disabled = { disabled: true };
  const notEnabled = { enabled: false };
  return {
    defaultLanguage: "fr",
    disableThirdPartyRequests: true,
    // Every call goes over a bridge of the region: nobody is shown the address of somebody else, and no STUN server is asked.
    p2p: { enabled: false, stunServers: [] },
    analytics: disabled,
    gravatar: disabled,
    giphy: notEnabled,
    whiteboard: notEnabled,
    deeplinking: disabled,
    disableDeepLinking: true,
    enableCalendarIntegration: false,
    recordingService: notEnabled,
    liveStreaming: notEnabled,
    localRecording: { disable: true },
    transcription: notEnabled,
    // A lobby that is switched off would keep guests out altogether.
    securityUi: { hideLobbyButton: true, disableLobbyPassword: true },
    ...(guests === "Refused" ? { tokenAuthUrlAutoRedirect: true } : {}),
  };
}

/**
 * Text of custom-config.js, which the image puts behind its own settings. A server includes it in the page, inside of a script and of its own
 * language of comments, so nothing in it may look like the beginning of either.
 */
export function pageSettings(guests: "Refused" | "LobbyOnly"): string {
  const lines = Object.entries(settings(guests)).map(([key, value]) => assignment(key, value));
  return `${lines.join("\n")}\n`;
}

/** One key of the object `config` gets that value. */
export function assignment(key: string, value: Json): string {
  return `config[${inScript(key)}] = ${inScript(value)};`;
}

/** JSON that is a script's expression too, and stays one inside of HTML. */
function inScript(value: Json): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
