import { describe, expect, it } from "vitest";
import type { WebAnswer } from "../../systems/cluster-web.ts";
import type { DesiredModule, ModuleAccess } from "../driver.ts";
import { probeProjects } from "./probe.ts";

const address = "http://openproject-web.t-meteo-apps.svc:8080/health_checks";
const desired = {
  url: "https://projects.meteo.example",
  application: { workload: { awaits: [{ namespace: "t-meteo-apps" }] } },
} as unknown as DesiredModule;
const works: WebAnswer = { status: 200, body: { web: { success: true } } };

async function probe(answers: Readonly<Record<string, WebAnswer>>) {
  const asked: string[] = [];
  const get = (url: string): Promise<WebAnswer> => {
    asked.push(url);
    return Promise.resolve(answers[url] ?? works);
  };
  return { ...(await probeProjects(desired, { get } as unknown as ModuleAccess, AbortSignal.timeout(1_000))), asked };
}

describe("the probe of the projects", () => {
  it("asks the application about itself, its database and its worker", async () => {
    expect(await probe({})).toEqual({
      ok: true,
      message: "https://projects.meteo.example works with its database, and no work waits.",
      asked: [`${address}/web.json`, `${address}/worker.json`],
    });
  });

  it.each<[string, WebAnswer, string]>([
    ["web", { status: 0, body: undefined }, "does not answer"],
    ["web", { status: 500, body: {} }, "cannot work with its database"],
    ["web", { status: 301, body: undefined }, "answers 301 instead of a check"],
    ["web", { status: 200, body: undefined }, "answers 200 instead of a check"],
    ["worker", { status: 500, body: {} }, "its worker does not get it done"],
    ["worker", { status: 404, body: undefined }, "answers 404 instead of a check"],
  ])("where check %s answers %j says what that means", async (check, answer, says) => {
    const url = `${address}/${check}.json`;
    const { ok, message } = await probe({ [url]: answer });
    expect(ok).toBe(false);
    expect(message).toContain(url);
    expect(message).toContain(says);
  });
});
