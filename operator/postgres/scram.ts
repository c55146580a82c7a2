import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { InternalError } from "../runtime/errors.ts";

/** PostgreSQL's own default (scram_iterations). Passwords here are random, so more rounds would buy nothing and cost every login. */
const defaultIterations = 4096;
const keyBytes = 32;

/**
 * The SCRAM-SHA-256 verifier that PostgreSQL stores (RFC 5802 and 7677): `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. Sent
 * instead of the password, it keeps the password out of the server's log, of pg_stat_activity and of replication.
 * Throws InternalError if the password holds anything but printable ASCII: beyond it SASLprep maps characters, and clients disagree how.
 */
export function scramVerifier(password: string, salt: Uint8Array, iterations: number = defaultIterations): string {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new InternalError("A database password consists of printable ASCII characters, at least one.");
  }
  const salted = pbkdf2Sync(password, salt, iterations, keyBytes, "sha256");
  const storedKey = createHash("sha256").update(keyed(salted, "Client Key")).digest("base64");
  const serverKey = keyed(salted, "Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString("base64")}$${storedKey}:${serverKey}`;
}

function keyed(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
