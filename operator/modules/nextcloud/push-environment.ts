import type { PushEnvironment } from "../../../constructs/nextcloud/nextcloud-input.ts";
import { type NextcloudSettings, sslModes, systemAuthorities } from "./configuration.ts";

/**
 * Variables of notify_push. Kubernetes puts passwords in the place of their names, which no part of an address changes: they are of letters that
 * stand for themselves in an address.
 */
export function pushEnvironment({ database, redis }: Pick<NextcloudSettings, "database" | "redis">): PushEnvironment {
  const { host, port, name, tls, authority } = database;
  const databaseUrl = new URL(`postgres://${host}:${port}`);
  databaseUrl.username = name;
  databaseUrl.password = "$(DATABASE_PASSWORD)";
  databaseUrl.pathname = `/${encodeURIComponent(name)}`;
  databaseUrl.searchParams.set("sslmode", sslModes[tls]);
  if (tls === "VerifyFull") databaseUrl.searchParams.set("sslrootcert", authority ?? systemAuthorities);
  const redisUrl = new URL(`redis://${redis.host}:${redis.port}`);
  redisUrl.password = "$(REDIS_PASSWORD)";
  return { databaseUrl: databaseUrl.href, redisUrl: redisUrl.href };
}
