import { describe, expect, it } from "vitest";
import { names } from "../../../crds/group.ts";
import type { KubeObject } from "../../kube/kube-api.ts";
import type { StoryEnd } from "../../reconcile/story.ts";
import { condition, liveModule, liveRegion, liveTenant } from "../../../test/support/live-objects.ts";
import type { TenantScene } from "./scene.ts";
import { moduleRows, tenantStatus } from "./status.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const end: StoryEnd = { checks: [], progress: "settled", error: undefined, againAfterMs: undefined };
const namespace = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, uid: name, resourceVersion: "1" },
});
const ready = {
  observedGeneration: 1,
  conditions: [condition("Ready", "True")],
  url: "https://a.example",
  version: "1",
};

function scene(over: Partial<TenantScene> = {}): TenantScene {
  const tenant = liveTenant("minagri", { spec: { modules: [{ module: "PostgreSQL" }, { module: "Keycloak" }] } });
  return {
    tenant,
    region: liveRegion(),
    holder: { name: "minagri", legalIdentifier: "Internal:MINAGRI", uid: "u" },
    modules: [liveModule("Keycloak", { status: ready })],
    namespaces: [namespace("t-minagri-apps"), namespace("t-minagri")],
    children: [],
    claims: [],
    ingresses: [],
    routes: [],
    gateway: undefined,
    ...over,
  };
}

describe("tenantStatus", () => {
  it("has a row per module, also for one that does not exist yet", () => {
    expect(moduleRows(scene())).toEqual([
      { module: "PostgreSQL", ready: false },
      { module: "Keycloak", ready: true, url: "https://a.example", version: "1" },
    ]);
    expect(tenantStatus(scene(), end, now).modulesReady).toBe("1/2");
  });

  it("lists namespaces and what was made in a stable order", () => {
    const status = tenantStatus(scene(), end, now);
    expect(status.namespaces).toEqual(["t-minagri", "t-minagri-apps"]);
    expect(tenantStatus(scene({ namespaces: [...scene().namespaces].reverse() }), end, now)).toEqual(status);
  });

  it("keeps on record what a tenant had while it ends: that it came to be decides about its names", () => {
    const tenant = liveTenant("minagri", {
      metadata: { deletionTimestamp: "2026-05-01T00:00:00Z" },
      status: { namespaces: ["t-minagri"] },
    });
    expect(tenantStatus(scene({ tenant, namespaces: [] }), end, now).namespaces).toEqual(["t-minagri"]);
  });

  it("says what the ministry must serve itself where its homeserver bears the name of a mail domain, and only there", () => {
    const endpoints = [{ name: "homeserver", url: "https://matrix.minagri.example" }];
    const published = (serverName: string) => {
      const status = { ...ready, endpoints, resolved: { serverName } };
      return tenantStatus(scene({ modules: [liveModule("Synapse", { status })] }), end, now).publish;
    };
    expect(published(scene().tenant.spec.domain)).toBeUndefined();
    expect(published("agents.example")).toEqual([
      {
        host: "agents.example",
        path: "/.well-known/matrix/client",
        json: '{"m.homeserver":{"base_url":"https://matrix.minagri.example"}}',
      },
      {
        host: "agents.example",
        path: "/.well-known/matrix/server",
        json: '{"m.server":"matrix.minagri.example:443"}',
      },
    ]);
  });

  it("lists at most 200 objects: the schema takes no more", () => {
    const children = Array.from({ length: 300 }, (_, index) => namespace(`n${index}`));
    expect(tenantStatus(scene({ children }), end, now).inventory).toHaveLength(200);
  });

  it("echoes the request that it answers", () => {
    const tenant = liveTenant("minagri", { metadata: { annotations: { [names.reconcileRequestedAt]: "today" } } });
    expect(tenantStatus(scene({ tenant }), end, now).lastHandledReconcileAt).toBe("today");
    expect(tenantStatus(scene(), end, now).lastHandledReconcileAt).toBe(undefined);
  });
});
