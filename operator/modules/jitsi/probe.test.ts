import { describe, expect, it } from "vitest";
import type { DesiredModule, ModuleAccess } from "../driver.ts";
import { probeConferences } from "./probe.ts";

const place = { apiVersion: "apps/v1", namespace: "t-meteo-apps" };

/** What is applied, as far as the probe looks at it. */
function wanted(replicas: readonly number[], guests = "LobbyOnly"): DesiredModule {
  const names = replicas.map((_, index) => `jitsi-bridge-${index}`);
  const prosody = { containers: [{ env: [{ name: "ROOM_GUESTS", value: guests }] }] };
  return {
    url: "https://visio.meteo.example",
    application: {
      workload: {
        manifests: [
          { kind: "Deployment", metadata: { name: "jitsi-prosody" }, spec: { template: { spec: prosody } } },
          ...replicas.map((count, index) => ({
            kind: "StatefulSet",
            metadata: { name: names[index] },
            spec: { replicas: count },
          })),
        ],
        awaits: [
          { ...place, kind: "Deployment", name: "jitsi-prosody" },
          ...names.map((name) => ({ ...place, kind: "StatefulSet", name })),
        ],
      },
    },
  } as unknown as DesiredModule;
}

const rules = "jitsi-prosody.t-meteo-apps.svc:5280/socle-rooms";
const stats = "jitsi-jicofo.t-meteo-apps.svc:8888/stats";
const fine: Readonly<Record<string, unknown>> = {
  "jitsi-web.t-meteo-apps.svc:8000/": undefined,
  "jitsi-web.t-meteo-apps.svc:8000/config.js": undefined,
  "jitsi-prosody.t-meteo-apps.svc:5280/http-bind": undefined,
  "jitsi-jicofo.t-meteo-apps.svc:8888/about/health": undefined,
  "jitsi-login.t-meteo-apps.svc:9000/oidc/health": undefined,
  "jitsi-bridge-0.t-meteo-apps.svc:8080/about/health": undefined,
  "jitsi-bridge-1.t-meteo-apps.svc:8080/about/health": undefined,
  [rules]: { guests: "LobbyOnly", lobby: true },
  [stats]: { bridge_selector: { operational_bridge_count: 2 } },
};

async function probe(bodies: Readonly<Record<string, unknown>>, desired = wanted([1, 1])) {
  const asked: string[] = [];
  const get = (url: string) => {
    const place = url.replace("http://", "");
    asked.push(place);
    return Promise.resolve(place in bodies ? { status: 200, body: bodies[place] } : { status: 0, body: undefined });
  };
  const result = await probeConferences(desired, { get } as unknown as ModuleAccess, AbortSignal.timeout(1_000));
  return { ...result, asked };
}

const without = (place: string) => Object.fromEntries(Object.entries(fine).filter(([key]) => key !== place));

describe("conferences", () => {
  it("work when each program says so itself", async () => {
    const { ok, asked } = await probe(fine);
    expect(ok).toBe(true);
    expect(new Set(asked)).toEqual(new Set(Object.keys(fine)));
  });

  it.each(Object.keys(fine).filter((key) => ![rules, stats].includes(key)))(
    "do not work when nobody answers at %s",
    async (key) => {
      const { ok, message } = await probe(without(key));
      expect([ok, message]).toEqual([false, expect.stringContaining(`does not answer at http://${key}`)]);
    },
  );

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["nobody tells the rules for guests", without(rules), "nobody knows"],
    ["everybody may enter", { ...fine, [rules]: { guests: "Anybody", lobby: true } }, "lets in guests as Anybody"],
    ["there is no lobby to wait in", { ...fine, [rules]: { guests: "LobbyOnly", lobby: false } }, "has no lobby"],
    [
      "a bridge is not known",
      { ...fine, [stats]: { bridge_selector: { operational_bridge_count: 1 } } },
      "knows 1 working bridges of 2",
    ],
    ["no bridge is known", { ...fine, [stats]: "<html>" }, "knows 0 working bridges of 2"],
  ])("do not work when %s", async (_why, bodies, says) => {
    const { ok, message } = await probe(bodies);
    expect([ok, message]).toEqual([false, expect.stringContaining(says)]);
  });

  it("need no lobby where guests are refused", async () => {
    const { ok } = await probe({ ...fine, [rules]: { guests: "Refused", lobby: false } }, wanted([1, 1], "Refused"));
    expect(ok).toBe(true);
  });

  it("wait for the address of a bridge, and say which Service has none", async () => {
    const { ok, message, asked } = await probe(fine, wanted([1, 0]));
    expect([ok, asked]).toEqual([false, []]);
    expect(message).toContain("Service t-meteo-apps/jitsi-bridge-1-media has no address yet");
  });
});
