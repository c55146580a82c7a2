import type { Manifest } from "../manifest.ts";
import { synthesize } from "../synthesize.ts";
import { BackgroundJobs, PrepareJob, SettingsJob } from "./administration.ts";
import { Foundation } from "./foundation.ts";
import type { NextcloudInput, NextcloudRouteInput } from "./nextcloud-input.ts";
import { NextcloudRoute } from "./nextcloud-route.ts";
import { PushServer } from "./push-server.ts";
import { WebServer } from "./web-server.ts";

/** The files of one tenant but their Secrets and database, in the stages in which they come to be. Pure. */
export interface NextcloudManifests {
  readonly foundation: Manifest[];
  readonly prepare: Manifest[];
  readonly settings: Manifest[];
  readonly serving: Manifest[];
}

export function nextcloudManifests(input: NextcloudInput): NextcloudManifests {
  return {
    foundation: synthesize((scope) => {
      new Foundation(scope, "foundation", input);
    }),
    prepare: synthesize((scope) => {
      new PrepareJob(scope, "prepare", input);
    }),
    settings: synthesize((scope) => {
      new SettingsJob(scope, "settings", input);
    }),
    serving: synthesize((scope) => {
      new WebServer(scope, "web", input);
      new PushServer(scope, "push", input);
      new BackgroundJobs(scope, "background", input);
    }),
  };
}

/** The public way to them. Pure. */
export function nextcloudRoute(input: NextcloudRouteInput): Manifest[] {
  return synthesize((scope) => {
    new NextcloudRoute(scope, "route", input);
  });
}
