import { readFileSync } from "node:fs";
import { z } from "zod";
import { assuranceLevels } from "./fake-proconnect-agents.ts";
import type { FakeProConnectOptions } from "./fake-proconnect.ts";

const words = z.string().min(1);

const agent = z.strictObject({
  given_name: words,
  usual_name: words,
  email: z.email(),
  uid: words,
  siret: z.string().regex(/^\d{14}$/),
  siren: z.string().regex(/^\d{9}$/),
  idp_id: words,
  organizational_unit: words,
  belonging_population: words,
  phone: words.optional(),
  assurances: z.array(z.enum(assuranceLevels)).min(1).readonly(),
});

const client = z.strictObject({
  clientId: words,
  clientSecret: z.string().min(32),
  redirectUris: z.array(z.url()).min(1).readonly(),
  postLogoutRedirectUris: z.array(z.url()).readonly(),
  authentication: z.enum(["client_secret_post", "client_secret_basic"]).optional(),
});

const configuration = z.strictObject({
  port: z.int().min(0).max(65_535),
  address: z.string().optional(),
  origin: z.url().optional(),
  userinfo: z.enum(["RS256", "HS256", "none", "Unsigned"]).optional(),
  tls: z.strictObject({ keyFile: z.string(), certificateFile: z.string() }).optional(),
  clients: z.array(client).readonly(),
  agents: z.array(agent).min(1).readonly().optional(),
});

/** What the file of a FAKE ProConnect in a process of its own says: secrets are in there, so it is a file and no argument. */
export type FakeProConnectConfiguration = z.input<typeof configuration>;

/** @throws Error that names the file and each field that is wrong, and no value. */
export function readConfiguration(file: string): FakeProConnectOptions {
  const { data, error } = configuration.safeParse(parsed(file));
  if (error !== undefined) {
    const fields = error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`);
    throw new Error(`${file} is no configuration of the FAKE ProConnect. Correct ${fields.join("; ")}.`);
  }
  const { tls, ...rest } = data;
  if (tls === undefined) return rest;
  return {
    ...rest,
    tls: { key: readFileSync(tls.keyFile, "utf8"), certificate: readFileSync(tls.certificateFile, "utf8") },
  };
}

/** What JSON.parse says would quote the file, and there are secrets in it. */
function parsed(file: string): unknown {
  const content = readFileSync(file, "utf8");
  try {
    return JSON.parse(content) as unknown;
  } catch {
    throw new Error(`${file} is not JSON: correct it, or write it with a program.`);
  }
}
