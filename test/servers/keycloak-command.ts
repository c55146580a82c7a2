import { join } from "node:path";
import type { Java } from "./java.ts";

/** One run of Keycloak's main class. */
export interface KeycloakCommand {
  readonly java: Java;
  readonly home: string;
  /** Directory for its temporary files; it also marks the process as ours. */
  readonly temporary: string;
  /** Command of Keycloak with its options: `build …` or `start …`. */
  readonly options: readonly string[];
  /** True when the distribution is built: Keycloak then does not look whether it should build again. */
  readonly built: boolean;
  /** For minutes of work: whoever ends sooner never earns what Java's second compiler spends. */
  readonly isLongLived?: boolean | undefined;
  /** More options for Java. */
  readonly javaOptions?: readonly string[];
}

/** Packages that Keycloak's libraries open by reflection (the same list as in its own start script). */
const openedPackages = ["java.util", "java.util.concurrent", "java.security", "java.lang"];

/**
 * The command line that starts Java directly. Keycloak's start script would put a shell between us and the server, so that its process id and its
 * signals would be those of the shell; and it fixes the G1 collector, where a small heap starts faster with the serial one.
 */
export function keycloakCommandLine(run: KeycloakCommand): {
  command: string;
  args: string[];
  env: Record<string, string>;
} {
  const args = [
    `-Dkc.config.built=${run.built}`,
    `-Djava.io.tmpdir=${run.temporary}`,
    "-Xms64m",
    "-Xmx512m",
    "-XX:MaxMetaspaceSize=256m",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+UseSerialGC",
    ...(run.isLongLived === true ? [] : ["-XX:TieredStopAtLevel=1"]),
    "-XX:ReservedCodeCacheSize=96m",
    ...(run.javaOptions ?? []),
    "-Dfile.encoding=UTF-8",
    "-Duser.language=en",
    "-Duser.country=US",
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.security.egd=file:/dev/urandom",
    "--enable-native-access=ALL-UNNAMED",
    ...openedPackages.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Dpicocli.disable.closures=true",
    "-Dquarkus-log-max-startup-records=10000",
    `-Dkc.home.dir=${run.home}`,
    `-Djboss.server.config.dir=${join(run.home, "conf")}`,
    "-cp",
    join(run.home, "lib", "quarkus-run.jar"),
    "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
    ...run.options,
  ];
  return {
    command: join(run.java.home, "bin", "java"),
    args,
    env: { PATH: process.env["PATH"] ?? "", JAVA_HOME: run.java.home, HOME: run.temporary, TZ: "UTC" },
  };
}
