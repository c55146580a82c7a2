import { names } from "../../../crds/group.ts";
import type { ModuleInput, SecretDesired } from "../driver.ts";

/** Connections of the tenant's own role; the modules have roles and limits of their own. */
export const connectionLimit = 50;

/** Major version that is asked for. */
export const askedMajor = ({ module }: ModuleInput): number => module.spec.postgresql?.major ?? 18;

/**
 * Major version that runs. A server of ours keeps the one that it was made with, also for a tenant that returns: a newer one refuses its files, and would
 * only say so in a pod that ends again and again. CloudNativePG moves the data by itself.
 */
export const major = (input: ModuleInput): number =>
  Number(input.module.status?.resolved?.["major"] ?? majorOfData(input) ?? askedMajor(input));

function majorOfData({ live }: ModuleInput): string | undefined {
  const volume = live.find(({ kind }) => kind === "PersistentVolumeClaim");
  return volume?.metadata.labels?.[names.versionLabel];
}

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
