import type { Kubectl } from "../support/installation.ts";
import type { Administration } from "../support/local-user.ts";
import type { TenantProviders } from "../support/tenant-provider.ts";
import type { Progress } from "./progress.ts";

/** What a step says while it works. */
export type Say = (line: string) => void;

/** Everything that the ministry of the demo lives in, running: a cluster with Socle, its operator, and the servers, or pods that will be them. */
export interface DemoWorld {
  readonly kubectl: Kubectl;
  /** Path or name of a kubectl that a person can use. */
  readonly kubectlCommand: string;
  /** What a person types to reach the cluster. */
  readonly environment: string;
  /** Options of `socle` for the cluster. */
  readonly socleOptions: string;
  /** The region, to be applied. */
  readonly region: Readonly<Record<string, unknown>>;
  /** Modules of the ministry: what pods are needed for is only there where pods are. */
  readonly modules: readonly Readonly<Record<string, unknown>>[];
  /** Public addresses of the homeserver and of the web client that it sends people back to, where the ministry has one. */
  readonly chat?: { readonly homeserver: string; readonly client: string };
  /** The FAKE ProConnect that agents come from, where there are pods. */
  readonly providers?: TenantProviders;
  /** Public address of Keycloak. */
  readonly keycloakUrl: string;
  /** As a browser on this machine. */
  readonly fetch: typeof fetch;
  /** Runs something with access to the administration of Keycloak, which may have no public way in. */
  administer<T>(work: (at: Administration) => Promise<T>): Promise<T>;
  /** For a person: what to tell the browser beforehand; empty if nothing. */
  readonly browserHint: string;
  /** For a person: where the operator's log is. */
  readonly logHint: string;
}

/** Where a world is made: directories, progress, and what to undo at the end, last first. */
export interface Ground {
  readonly root: string;
  readonly directory: string;
  readonly progress: Progress;
  undo(title: string, stop: (say: Say) => Promise<unknown>): void;
}
