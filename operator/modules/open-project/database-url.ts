import { openProjectFiles } from "../../../constructs/open-project/open-project-input.ts";
import type { ModuleDatabase } from "../module-database.ts";

const modes = { Require: "require", VerifyFull: "verify-full", Disable: "disable" } as const;
const authorities = {
  server: openProjectFiles.databaseAuthority,
  region: openProjectFiles.trust,
  // Of the image's Debian: libpq looks there for nobody by itself.
  public: "/etc/ssl/certs/ca-certificates.crt",
} as const;

/** Where Rails finds the database. Without its password, which is a variable of its own. */
export function databaseUrl({ name, server, tls, authority }: ModuleDatabase): string {
  const host = encodeURIComponent(server.host);
  const url = new URL(`postgresql://${encodeURIComponent(name)}@${host}:${server.port}/${encodeURIComponent(name)}`);
  url.searchParams.set("sslmode", modes[tls]);
  if (tls === "VerifyFull") url.searchParams.set("sslrootcert", authorities[authority]);
  return url.href;
}
