import type { Manifest } from "../../../constructs/manifest.ts";
import { bridgeAddress, bridgeName, mediaName, partAddress, partName } from "../../../constructs/jitsi/jitsi-input.ts";
import { roomRules, roomRulesPath } from "../../../constructs/jitsi/room-rules.ts";
import type { WebAnswer } from "../../systems/cluster-web.ts";
import type { DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";

/** What the answers are held against: what is applied. */
interface ProbeWish {
  readonly namespace: string;
  readonly bridges: readonly { readonly index: number; readonly runs: boolean }[];
  readonly guests: string;
}

type Ask = (url: string) => Promise<WebAnswer>;

/**
 * Each program is asked itself: the page and its settings are served, Prosody takes browsers and says what is in force for guests, Jicofo and each
 * bridge call themselves healthy, Jicofo knows as many bridges as there are, and the adapter is there.
 */
export async function probeConferences(
  desired: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const wish = wishOf(desired);
  const ask: Ask = (url) => access.get(url, signal);
  const problem =
    withoutAddress(wish) ??
    (await unhealthy(wish, ask)) ??
    (await wrongRules(wish, ask)) ??
    (await missingBridges(wish, ask));
  if (problem !== undefined) return { ok: false, message: problem };
  const bridges = wish.bridges.length === 1 ? "one bridge" : `${wish.bridges.length} bridges`;
  return {
    ok: true,
    message: `${desired.url ?? ""} serves conferences over ${bridges}; guests: ${wish.guests}.`,
  };
}

function withoutAddress({ bridges, namespace }: ProbeWish): string | undefined {
  const waiting = bridges.find(({ runs }) => !runs);
  if (waiting === undefined) return undefined;
  const service = mediaName(waiting.index);
  return `Service ${namespace}/${service} has no address yet, so ${bridgeName(waiting.index)} waits: kubectl describe service -n ${namespace} ${service} says why; a provider whose load balancers do not carry UDP needs media.exposure NodePort in its SovereignRegion.`;
}

async function unhealthy({ namespace, bridges }: ProbeWish, ask: Ask): Promise<string | undefined> {
  const questions: readonly (readonly [string, string])[] = [
    ["The page", `${partAddress("web", namespace)}/`],
    ["The page's settings", `${partAddress("web", namespace)}/config.js`],
    ["Prosody", `${partAddress("prosody", namespace)}/http-bind`],
    ["Jicofo", `${partAddress("jicofo", namespace)}/about/health`],
    ["The adapter of logins", `${partAddress("login", namespace)}/oidc/health`],
    ...bridges.map(({ index }): readonly [string, string] => [
      `Videobridge ${index}`,
      `${bridgeAddress(index, namespace)}/about/health`,
    ]),
  ];
  for (const [who, url] of questions) {
    const { status } = await ask(url);
    if (status === 0) return `${who} does not answer at ${url}.`;
    if (status !== 200) return `${who} answers ${status} at ${url}.`;
  }
  return undefined;
}

async function wrongRules({ namespace, guests }: ProbeWish, ask: Ask): Promise<string | undefined> {
  const address = partAddress("prosody", namespace);
  const { body } = await ask(`${address}${roomRulesPath}`);
  const { guests: found, lobby } = (body ?? {}) as { readonly guests?: unknown; readonly lobby?: unknown };
  if (found !== guests)
    return `Prosody at ${address} lets in guests as ${typeof found === "string" ? found : "nobody knows"}, not as ${guests}: its module socle_rooms is not loaded as it should be.`;
  if (guests === "LobbyOnly" && lobby !== true)
    return `Prosody at ${address} has no lobby: its modules muc_lobby_rooms and persistent_lobby are not loaded.`;
  return undefined;
}

async function missingBridges({ namespace, bridges }: ProbeWish, ask: Ask): Promise<string | undefined> {
  const address = partAddress("jicofo", namespace);
  const { body } = await ask(`${address}/stats`);
  const { bridge_selector: selector } = (body ?? {}) as {
    readonly bridge_selector?: { readonly operational_bridge_count?: number };
  };
  const found = selector?.operational_bridge_count ?? 0;
  if (found >= bridges.length) return undefined;
  return `Jicofo at ${address} knows ${found} working bridges of ${bridges.length}; kubectl logs -n ${namespace} ${bridgeName(0)}-0 says why.`;
}

interface Applied extends Manifest {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec: {
        readonly containers: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

function wishOf({ application }: DesiredModule): ProbeWish {
  const { manifests = [], awaits = [] } = application?.workload ?? {};
  const find = (kind: string, name: string): Applied | undefined =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  const bridges = awaits.filter(({ kind }) => kind === "StatefulSet");
  const prosody = find("Deployment", partName("prosody"))?.spec?.template?.spec.containers[0]?.env ?? [];
  return {
    namespace: awaits[0]?.namespace ?? "",
    bridges: bridges.map(({ name }, index) => ({ index, runs: (find("StatefulSet", name)?.spec?.replicas ?? 0) > 0 })),
    guests: prosody.find(({ name }) => name === roomRules.variable)?.value ?? "",
  };
}
