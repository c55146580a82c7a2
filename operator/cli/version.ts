import { readFileSync } from "node:fs";
import { apiVersion } from "../../crds/group.ts";
import type { Connection } from "./connection.ts";
import { exitCode, table, type Terminal } from "./terminal.ts";

/** Version of this program. */
export function clientVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** Prints the versions; without a connection, those that need none. */
export function runVersion(connection: Connection | undefined, terminal: Terminal): number {
  const versions = {
    socle: clientVersion(),
    api: apiVersion,
    node: process.version,
    ...(connection === undefined ? {} : { kubernetes: connection.serverVersion }),
  };
  if (terminal.json) terminal.printJson(versions);
  else terminal.print(...table(Object.entries(versions)));
  return exitCode.done;
}
