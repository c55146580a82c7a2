import { describe, expect, it } from "vitest";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import type { Condition } from "../../crds/v1alpha1/conditions.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import { condition, liveTenant } from "../../test/support/live-objects.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { ConflictError } from "../runtime/errors.ts";
import { LocalCache } from "../runtime/object-cache.ts";
import type { EventFact } from "./event-recorder.ts";
import { publishStatus } from "./publish-status.ts";

type Seen = Tenant & KubeObject;
const { apiVersion, kind, spec } = liveTenant("minagri");
const manifest = { apiVersion, kind, metadata: { name: "minagri" }, spec };
const ready = (status: "True" | "False", message = "was so", reason?: Condition["reason"]) => ({
  observedGeneration: 1,
  conditions: [condition("Ready", status, { message, ...(reason === undefined ? {} : { reason }) })],
});

async function world() {
  const kube = new InMemoryKubeApi({ types: socleResourceTypes });
  const cache = new LocalCache<Seen>();
  const events: EventFact[] = [];
  const ports = { kube, cache, events: { record: (event: EventFact) => void events.push(event) } };
  const publish = (object: Seen, status: ReturnType<typeof ready>) =>
    publishStatus({ object, apiVersion, kind, status, fieldManager: "test" }, ports);
  const tenant = await kube.create<Seen>(manifest);
  const live = () => kube.objects().find((object) => object.kind === "Tenant") as Seen;
  return { kube, cache, events, publish, tenant, live };
}

describe("publishStatus", () => {
  it("writes what differs, and shows it in the cache at once", async () => {
    const { publish, tenant, live, cache } = await world();
    await publish(tenant, ready("True"));
    expect(live()["status"]).toEqual(ready("True"));
    expect(cache.get({ name: "minagri" })).toEqual(live());
  });

  it("writes nothing where nothing differs", async () => {
    const { publish, tenant, live } = await world();
    await publish(tenant, ready("True"));
    const before = live().metadata.resourceVersion;
    await publish(live(), ready("True"));
    expect(live().metadata.resourceVersion).toBe(before);
  });

  it("never writes to a newcomer of that name: the server takes no notice of a uid in a status", async () => {
    const { kube, publish, tenant, live } = await world();
    await kube.delete({ apiVersion, kind, name: "minagri" }, { uid: tenant.metadata.uid });
    await kube.create(manifest);
    await expect(publish(tenant, ready("True"))).rejects.toBeInstanceOf(ConflictError);
    expect(live()["status"]).toBe(undefined);
  });

  it("does not write what was found of an older version", async () => {
    const { kube, publish, tenant, live } = await world();
    kube.edit<Seen>({ apiVersion, kind, name: "minagri" }, (object) => ({
      ...object,
      spec: { ...object.spec, seats: 11 },
    }));
    await expect(publish(tenant, ready("True"))).rejects.toBeInstanceOf(ConflictError);
    expect(live()["status"]).toBe(undefined);
  });

  it("tells people when Ready changed, and not when only its message did", async () => {
    const { publish, tenant, live, events } = await world();
    await publish(tenant, ready("False"));
    await publish(live(), ready("False", "still so"));
    await publish(live(), ready("True"));
    expect(events.map(({ type, reason }) => [type, reason])).toEqual([
      ["Warning", "Succeeded"],
      ["Normal", "Succeeded"],
    ]);
  });

  it("tells nobody that what was never Ready is on its way, and everybody that what was Ready no longer is", async () => {
    const { publish, tenant, live, events } = await world();
    await publish(tenant, ready("False", "is being made", "Progressing"));
    await publish(live(), ready("False", "waits", "DependencyNotReady"));
    await publish(live(), ready("True"));
    await publish(live(), ready("False", "waits", "DependencyNotReady"));
    expect(events.map(({ reason }) => reason)).toEqual(["Succeeded", "DependencyNotReady"]);
  });
});
