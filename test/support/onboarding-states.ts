import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { type Act, change, changeModule, onboard, platformWorld, play, remove } from "./in-memory-stories.ts";
import type { InMemoryWorld } from "./in-memory-world.ts";

/** The golden file that holds them. */
export const recordingName = "onboarding-states.yaml";

const tenant: ObjectRef = { apiVersion, kind: "Tenant", name: "minagri" };
const rival: ObjectRef = { ...tenant, name: "rival" };
const region: ObjectRef = { apiVersion, kind: "SovereignRegion", name: "region" };
const realm: ObjectRef = { apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: "keycloak" };

/** A moment in the life of an object. */
interface Moment {
  readonly of: ObjectRef;
  /** The operator settles after each of these. */
  readonly after: readonly Act[];
  /** What comes last, when the operator has not looked again, or has not finished. */
  readonly then?: Act;
}

const arrives = onboard([{ module: "PostgreSQL" }, { module: "Keycloak" }]);

const isDeleted =
  (ref: ObjectRef): Act =>
  async (world) => {
    await world.kube.delete(ref, { uid: (await live(world, ref)).metadata.uid });
  };

const arrivesWithoutKeycloak: Act = async (world) => {
  world.setFaults((_index, { port }) => (port === "keycloak" ? "refused" : undefined));
  await arrives(world);
  await world.looks(200);
};

/** Another ministry asks for a domain below one that is taken. */
const rivalArrives: Act = async (world) => {
  const { spec } = await live<Tenant & KubeObject>(world, tenant);
  const identifier = { scheme: "SIREN", value: "110070026" };
  await world.kube.create({
    ...rival,
    metadata: { name: rival.name },
    spec: {
      ...spec,
      domain: `rival.${spec.domain}`,
      mailDomains: [],
      organization: { ...spec.organization, identifier },
    },
  });
};

/** The operator has just said something of the tenant for the first time. */
const firstWord: Act = async (world) => {
  await arrives(world);
  while ((await live<Tenant & KubeObject>(world, tenant)).status?.conditions === undefined) await world.looks(0);
};

/** What objects say of themselves from their first second to their last. */
const moments = {
  "tenant: created, and not yet looked at": { of: tenant, after: [], then: arrives },
  "tenant: isolated, modules are being made": { of: tenant, after: [], then: firstWord },
  "tenant: its region does not exist": { of: tenant, after: [isDeleted(region), arrives] },
  "tenant: a server is away": { of: tenant, after: [], then: arrivesWithoutKeycloak },
  "tenant: ready": { of: tenant, after: [arrives] },
  "tenant: its wish changed after it was ready": {
    of: tenant,
    after: [arrives],
    then: change((spec) => ({ ...spec, displayName: "Un autre nom" })),
  },
  "tenant: wants a name that another holds": { of: rival, after: [arrives, rivalArrives] },
  "tenant: deleted while protected": { of: tenant, after: [arrives, isDeleted(tenant)] },
  "tenant: deleted as confirmed": { of: tenant, after: [arrives], then: remove },
  "region: ready": { of: region, after: [] },
  "module: ready": { of: realm, after: [arrives] },
  "module: paused": { of: realm, after: [arrives, changeModule("Keycloak", { managementPolicy: "Paused" })] },
} as const satisfies Readonly<Record<string, Moment>>;

export type MomentName = keyof typeof moments;

/** What the tools that wait for an object look at. */
export interface State extends KubeObject {
  readonly status: {
    readonly observedGeneration: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly [field: string]: string;
    }[];
  };
}
type States = Readonly<Record<MomentName, State>>;

/** Each of those objects at its moment, as our controllers leave it today. */
export async function playedStates(): Promise<States> {
  const played = Object.entries<Moment>(moments).map(async ([name, { of, after, then }]) => {
    const world = await platformWorld();
    await play(world, after);
    // A world in which nobody did anything has not been looked at either.
    if (after.length === 0 && then === undefined) await world.settle();
    await then?.(world);
    const object = await live<State>(world, of);
    const { namespace, generation, deletionTimestamp } = object.metadata;
    const metadata = JSON.parse(JSON.stringify({ name: of.name, namespace, generation, deletionTimestamp })) as object;
    const { observedGeneration, conditions = [] } = object.status;
    return [name, { apiVersion, kind: of.kind, metadata, status: { observedGeneration, conditions } }] as const;
  });
  return Object.fromEntries(await Promise.all(played)) as unknown as States;
}

/** The same as they were recorded. */
export function recordedStates(): States {
  return parse(readFileSync(join(import.meta.dirname, "../golden/__golden__", recordingName), "utf8")) as States;
}

async function live<T extends KubeObject = KubeObject>(world: InMemoryWorld, ref: ObjectRef): Promise<T> {
  const found = await world.kube.get<T>(ref);
  if (found === undefined) throw new Error(`${ref.kind} ${ref.name} is not there.`);
  return found;
}
