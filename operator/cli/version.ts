import { apiVersion } from "../../crds/group.ts";
import { programVersion } from "../version.ts";
import type { Connection } from "./connection.ts";
import { exitCode, table, type Terminal } from "./terminal.ts";

/** Prints the versions; without a connection, those that need none. */
export function runVersion(connection: Connection | undefined, terminal: Terminal): number {
  const versions = {
    socle: programVersion(),
    api: apiVersion,
    node: process.version,
    ...(connection === undefined ? {} : { kubernetes: connection.serverVersion }),
  };
  if (terminal.json) terminal.printJson(versions);
  else terminal.print(...table(Object.entries(versions)));
  return exitCode.done;
}
