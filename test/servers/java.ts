import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { reachableByServers } from "./server-user.ts";

/** A Java runtime that can run Keycloak. */
export interface Java {
  readonly home: string;
  /** Full version of the runtime: "25.0.3+9-LTS". */
  readonly version: string;
  readonly major: number;
}

/** Keycloak 26 runs on Java 17 and newer. */
const oldestMajor = 17;

/** First release that records and writes an ahead-of-time cache in one run (JEP 514). */
const aheadOfTimeMajor = 25;

/** True when this Java can write and use an ahead-of-time cache, which halves the start of Keycloak. */
export function supportsAheadOfTime(java: Java): boolean {
  return java.major >= aheadOfTimeMajor;
}

/**
 * The newest Java in JAVA_HOME, on PATH and in the usual places of the system.
 * @throws Error that says what was found and how to get a Java, when none is 17 or newer.
 */
export async function findJava(): Promise<Java> {
  const found = [...new Set(candidateHomes())].map(javaAt).filter((java) => java !== undefined);
  const usable: Java[] = [];
  for (const java of found) if (java.major >= oldestMajor && (await reachableByServers(java.home))) usable.push(java);
  const newest = usable.toSorted((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }))[0];
  if (newest !== undefined) return newest;
  const remedy = `Install a JDK ${oldestMajor} or newer (JDK ${aheadOfTimeMajor} starts Keycloak fastest), or set JAVA_HOME to one.`;
  if (found.length === 0)
    throw new Error(
      `Keycloak needs Java, and none was found in JAVA_HOME, on PATH or among the JDKs of this system. ${remedy}`,
    );
  const seen = found.map((java) => `${java.version} in ${java.home}`).join(", ");
  throw new Error(
    `Keycloak needs a Java ${oldestMajor} or newer that the user of the servers can reach; found only ${seen}. ${remedy}`,
  );
}

function candidateHomes(): string[] {
  const fromEnvironment = process.env["JAVA_HOME"];
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "" && existsSync(join(directory, "java")));
  const installed = ["/usr/lib/jvm", "/Library/Java/JavaVirtualMachines"].flatMap((parent) =>
    existsSync(parent)
      ? readdirSync(parent).flatMap((name) => [join(parent, name), join(parent, name, "Contents", "Home")])
      : [],
  );
  const ofPath = onPath.map((directory) => dirname(dirname(realpathSync(join(directory, "java")))));
  return [...(fromEnvironment === undefined ? [] : [fromEnvironment]), ...ofPath, ...installed]
    .filter((home) => existsSync(join(home, "bin", "java")))
    .map((home) => realpathSync(home));
}

/** Every JDK since 9 describes itself in its file `release`: no need to start it. */
function javaAt(home: string): Java | undefined {
  try {
    const release = readFileSync(join(home, "release"), "utf8");
    const version =
      /^JAVA_RUNTIME_VERSION="([^"]+)"/m.exec(release)?.[1] ?? /^JAVA_VERSION="([^"]+)"/m.exec(release)?.[1];
    if (version === undefined) return undefined;
    return { home, version, major: Number.parseInt(version, 10) };
  } catch {
    return undefined;
  }
}
