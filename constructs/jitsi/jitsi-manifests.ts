import type { Manifest } from "../manifest.ts";
import { synthesize } from "../synthesize.ts";
import { ConferencePage } from "./conference-page.ts";
import type { JitsiInput, JitsiRouteInput } from "./jitsi-input.ts";
import { JitsiNetwork } from "./jitsi-network.ts";
import { JitsiRoute } from "./jitsi-route.ts";
import { Signalling } from "./signalling.ts";
import { Videobridge } from "./videobridge.ts";

/** The video conferences of one tenant but their Secret, in the order in which they are applied. Pure. */
export function jitsiManifests(input: JitsiInput): Manifest[] {
  return synthesize((scope) => {
    new JitsiNetwork(scope, "network", input);
    new Signalling(scope, "signalling", input);
    for (const bridge of input.bridges) new Videobridge(scope, input, bridge);
    new ConferencePage(scope, "page", input);
  });
}

/** The public way to them. Pure. */
export function jitsiRoute(input: JitsiRouteInput): Manifest[] {
  return synthesize((scope) => {
    new JitsiRoute(scope, "route", input);
  });
}
