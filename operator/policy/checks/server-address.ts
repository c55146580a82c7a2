import { type SeenText, Unknown } from "../seen.ts";

/** The host of `https://host/path`, of `host:port` and of `host`. @throws Unknown of anything else; it never says what stood there. */
export function hostOf({ field, value }: SeenText): string {
  const url = URL.parse(value.includes("://") ? value : `server://${value}`);
  if (url === null || url.hostname === "") throw new Unknown(field, `${field} is no address of a server.`);
  return url.hostname.toLowerCase();
}
