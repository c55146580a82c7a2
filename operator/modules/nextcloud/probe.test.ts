import { describe, expect, it } from "vitest";
import type { WebAnswer } from "../../systems/cluster-web.ts";
import type { DesiredModule, ModuleAccess } from "../driver.ts";
import { probeNextcloud } from "./probe.ts";

const desired = {
  url: "https://drive.meteo.example",
  client: { desired: { realm: "meteo", clientId: "nextcloud" }, server: "sso.example" },
  application: { workload: { awaits: [{ namespace: "t-meteo-apps" }] } },
} as unknown as DesiredModule;

const installed = { installed: true, maintenance: false, needsDbUpgrade: false, versionstring: "34.0.2" };
const provider = "/index.php/apps/user_oidc/login/1";
const login = "https://sso.example/realms/meteo/protocol/openid-connect/auth?client_id=nextcloud&state=a";
const moved = (location: string): WebAnswer => ({ status: 303, body: undefined, location });
const fine: Readonly<Record<string, WebAnswer>> = {
  "/status.php": { status: 200, body: installed },
  "/index.php/login": moved(`https://drive.meteo.example${provider}`),
  [provider]: moved(login),
};
const status = (fields: object) => ({ ...fine, "/status.php": { status: 200, body: { ...installed, ...fields } } });

function accessTo(answers: Readonly<Record<string, WebAnswer>>): ModuleAccess {
  const get = (url: string): Promise<WebAnswer> => {
    expect(new URL(url).host).toBe("nextcloud.t-meteo-apps.svc:8080");
    return Promise.resolve(answers[new URL(url).pathname] ?? { status: 0, body: undefined });
  };
  return { get } as unknown as ModuleAccess;
}

const probe = (answers: Readonly<Record<string, WebAnswer>>) =>
  probeNextcloud(desired, accessTo(answers), AbortSignal.timeout(1_000));

describe("Nextcloud", () => {
  it("works when it is installed, at work, and sends people to the realm as its own client", async () => {
    expect(await probe(fine)).toEqual({
      ok: true,
      message:
        "https://drive.meteo.example serves files with Nextcloud 34.0.2 and sends people to the realm to log in.",
    });
  });

  it.each<[string, Readonly<Record<string, WebAnswer>>, string]>([
    ["nobody answers", {}, "does not answer"],
    ["something else answers", { "/status.php": { status: 404, body: undefined } }, "answers 404"],
    ["it is not installed", status({ installed: false }), "does not say that it is installed"],
    ["it is in maintenance", status({ maintenance: true }), "is in maintenance"],
    ["its tables are old", status({ needsDbUpgrade: true }), "waits for its tables"],
    ["it does not say how its tables are", status({ needsDbUpgrade: undefined }), "waits for its tables"],
    [
      "it shows a form",
      { ...fine, "/index.php/login": { status: 200, body: undefined } },
      "come to the realm (HTTP 200)",
    ],
    ["it sends people elsewhere", { ...fine, "/index.php/login": moved("/apps/files") }, "come to the realm"],
    [
      "it does not reach the realm",
      { ...fine, [provider]: { status: 404, body: undefined } },
      "does not find realm meteo",
    ],
    ["it reaches another server", { ...fine, [provider]: moved(login.replace("sso.", "sso-")) }, "does not find realm"],
    ["it reaches another realm", { ...fine, [provider]: moved(login.replace("/meteo/", "/other/")) }, "does not find"],
    ["it is another client", { ...fine, [provider]: moved(login.replace("=nextcloud", "=other")) }, "not its own"],
    ["it answers nonsense", { ...fine, [provider]: moved("http://[") }, "does not find realm"],
  ])("does not work when %s", async (_why, answers, says) => {
    const result = await probe(answers);
    expect(result.ok).toBe(false);
    expect(result.message).toContain(says);
  });
});
