/** Everything that the office is told. */
export interface OfficeSettings {
  /** Host that browsers come to, with its port if that is not 443. */
  readonly host: string;
  /** Address of the pages that show the office in a frame. */
  readonly frame: string;
}

/**
 * Options of coolwsd, each a word of its own: no shell reads them, so nothing in a value is more than the value. Names: coolwsd.xml of Collabora
 * Online 26.04. TLS ends at the ingress; whatever would ask a host of its maker, or of anybody else, is off.
 */
export function officeOptions({ host, frame }: OfficeSettings): string[] {
  const values: Readonly<Record<string, string | boolean | number>> = {
    "ssl.enable": false,
    "ssl.termination": true,
    server_name: host,
    "net.frame_ancestors": frame,
    "storage.filesystem[@allow]": false,
    "storage.wopi[@allow]": true,
    "storage.wopi.alias_groups[@mode]": "groups",
    "admin_console.enable": false,
    // Would take a capability that even `baseline` forbids: jails are copied and linked instead.
    mount_jail_tree: false,
    "logging.anonymize.anonymize_user_data": true,
    allow_update_popup: false,
    fetch_update_check: 0,
    "feedback.show": false,
    "welcome.enable": false,
    "home_mode.enable": false,
    "remote_font_config.url": "",
    "languagetool.enabled": false,
    "deepl.enabled": false,
  };
  return Object.entries(values).map(([name, value]) => `--o:${name}=${String(value)}`);
}
