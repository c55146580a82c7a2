import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cached, cacheKey, type Progress } from "./cache.ts";
import type { Java } from "./java.ts";
import { keycloakCommandLine } from "./keycloak-command.ts";
import { runCommand } from "./run-command.ts";
import { giveToServers, serverUser } from "./server-user.ts";

/** The Keycloak that tests run against. */
export const keycloakVersion = "26.7.5";

const artifact = `org.keycloak:keycloak-quarkus-dist:${keycloakVersion}:zip`;
const archive = `keycloak-quarkus-dist-${keycloakVersion}.zip`;

/** SHA-256 of the archive on Maven Central: a mirror that serves anything else is refused. */
const archiveDigest = "30ef87fb7101c43d29688d1ae80c0588ff4a151b3330e9f664bf9692d398658a";

const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";
const buildOptions = ["--db=postgres", "--health-enabled=true", "--metrics-enabled=true"];

/** Digest of all that decides what the built distribution is. */
export function distributionIngredients(): string[] {
  return [keycloakVersion, archiveDigest, ...buildOptions];
}

/** Home directory of a Keycloak that is downloaded, checked, unpacked and built for PostgreSQL. */
export async function keycloakDistribution(java: Java, progress: Progress): Promise<string> {
  const entry = await cached(
    cacheKey(`keycloak-${keycloakVersion}`, distributionIngredients()),
    progress,
    async (making) => {
      progress(`downloading Keycloak ${keycloakVersion} from Maven Central (170 MB the first time)`);
      await download(java, making);
      progress(`building Keycloak ${keycloakVersion} for PostgreSQL`);
      await build(java, making);
    },
  );
  return join(entry, "keycloak");
}

/** Works in a directory of its own: run without a project, the plugin leaves files of its bookkeeping in the current directory. */
async function download(java: Java, directory: string): Promise<void> {
  const work = join(directory, "download");
  await mkdir(work);
  await maven(java, work, [`${dependencyPlugin}:copy`, `-Dartifact=${artifact}`, `-DoutputDirectory=${work}`]);
  const digest = createHash("sha256");
  await pipeline(createReadStream(join(work, archive)), digest);
  const found = digest.digest("hex");
  if (found !== archiveDigest) {
    throw new Error(
      `${archive} is not the file that was released (SHA-256 ${found}, expected ${archiveDigest}): check the Maven mirror, and delete the copy in the local Maven repository.`,
    );
  }
  await maven(java, work, ["-o", `${dependencyPlugin}:unpack`, `-Dartifact=${artifact}`, `-DoutputDirectory=${work}`]);
  await rename(join(work, `keycloak-${keycloakVersion}`), join(directory, "keycloak"));
  await rm(work, { recursive: true });
}

async function maven(java: Java, cwd: string, args: readonly string[]): Promise<void> {
  try {
    await runCommand({
      command: "mvn",
      args: ["-q", "-B", "-C", ...args],
      cwd,
      env: { ...definedEnvironment(), JAVA_HOME: java.home },
    });
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (cause?.code !== "ENOENT") throw error;
    throw new Error(
      "Keycloak comes from Maven Central, and the command mvn is missing: install Apache Maven 3.8 or newer (package `maven`) and put it on PATH.",
      { cause: error },
    );
  }
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

async function build(java: Java, directory: string): Promise<void> {
  const home = join(directory, "keycloak");
  const temporary = join(directory, "tmp");
  await mkdir(temporary);
  await giveToServers(home);
  await giveToServers(temporary);
  const { command, args, env } = keycloakCommandLine({
    java,
    home,
    temporary,
    options: ["build", ...buildOptions],
    built: false,
  });
  await runCommand({ command, args, env, cwd: home, user: serverUser() });
  await rm(temporary, { recursive: true });
}
