import type { ModuleInput, SecretDesired } from "../driver.ts";

/** Connections of the tenant's own role; the modules have roles and limits of their own. */
export const connectionLimit = 50;

export const major = ({ module }: ModuleInput): number => module.spec.postgresql?.major ?? 18;

/** Name of the image in the catalogue. */
export const imageName = (input: ModuleInput): string => `postgresql-${major(input)}`;

/** The Secret of the tenant's own role. */
export function credentials(name: string, host: string, port: number): SecretDesired {
  return {
    name: "postgresql-credentials",
    place: "data",
    random: { password: 40 },
    plain: { username: name, database: name, host, port: String(port) },
  };
}
