import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { refusals } from "../../../operator/identity/broker-flows.ts";
import type { Agent } from "../../servers/fake-proconnect-agents.ts";
import { type BrokerEnd, loginThroughBroker } from "../../support/broker-login.ts";
import { Browser } from "../../support/browser-login.ts";
import { startChromium } from "../../support/chromium.ts";
import { throughApiServer } from "../../support/keycloak-administration.ts";
import type { MatrixClient } from "../../support/matrix-client.ts";
import { RealmPeople } from "../../support/realm-people.ts";
import { eventually } from "../../support/test-cluster.ts";
import { agents, type ChatWorld } from "./world.ts";

/** Pictures of what people see, kept for whoever wants to look. */
const artefacts = join(import.meta.dirname, "..", "..", "..", ".socle", "artefacts", "single-sign-on");
const [angele, bob, chloe, eve] = agents;

/** Agents of two ministries who come from a FAKE ProConnect. */
export function singleSignOnStory(world: ChatWorld, { inChromium }: { readonly inChromium: boolean }): void {
  describe("single sign-on of agents", () => {
    const { interior, elsewhere } = world;
    let device: MatrixClient;

    const people = async <T>(tenant: string, work: (of: RealmPeople) => Promise<T>): Promise<T> => {
      const { node } = world.own;
      return await throughApiServer(node, world.region, async (at) =>
        work(await RealmPeople.of(node.kubectl, tenant, at)),
      );
    };

    /** As the web client does it: from the homeserver to the realm, on to the provider, and back. */
    const comeIn = async (tenant: string, agent: Agent): Promise<BrokerEnd> => {
      const at = { client: world.client(tenant), provider: "oidc-realm" };
      const start = world.home(tenant).loginAddress(at);
      const browser = new Browser(world.fetchLocally);
      return await loginThroughBroker(browser, { start, alias: "proconnect", agent: agent.email, stopAt: at.client });
    };
    const sessionOf = async (tenant: string, agent: Agent): Promise<MatrixClient> => {
      const { arrived, stopped } = await comeIn(tenant, agent);
      if (arrived === undefined) throw new Error(`${agent.email} was stopped: ${stopped.words}`);
      return await world.home(tenant).open(arrived);
    };
    const whoami = async (one: MatrixClient): Promise<number> =>
      (await one.ask("GET", "/_matrix/client/v3/account/whoami")).status;

    it("sends nobody to a provider before a person says that it knows the realm", async () => {
      const { stopped } = await comeIn(interior, angele);
      expect(stopped?.words).not.toContain("ProConnect");
      for (const tenant of world.tenants) await world.providers.confirm(tenant);
    });

    it("lets an agent who is known to ProConnect alone into the chat of their ministry", async () => {
      device = await sessionOf(interior, angele);
      expect(device.userId).toBe(`@${angele.email.replace("@", "-")}:${world.domain(interior)}`);
      expect(await whoami(device)).toBe(200);
      expect(await people(interior, (of) => of.names())).toContain(angele.email);
    });

    it("lets two agents meet in a room that is encrypted from its first moment", async () => {
      const other = await sessionOf(interior, bob);
      const room = await device.createRoom({ preset: "private_chat", invite: [other.userId] });
      expect((await other.ask("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, {})).status).toBe(200);
      expect(await other.state(room, "m.room.encryption")).toMatchObject({
        status: 200,
        body: { algorithm: "m.megolm.v1.aes-sha2" },
      });
      expect((await device.send(room, "m.room.message", { msgtype: "m.text", body: "in clear" })).status).toBe(403);
      const ciphertext = { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "…", session_id: "s", device_id: "d" };
      const sent = await device.send(room, "m.room.encrypted", ciphertext);
      expect(sent.status).toBe(200);
      const event = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/event/${String(sent.body["event_id"])}`;
      expect(await other.ask("GET", event)).toMatchObject({ status: 200, body: { content: ciphertext } });
    });

    it("refuses an agent of another ministry, in French, and keeps neither account nor session", async () => {
      const { stopped } = await comeIn(interior, eve);
      expect(stopped?.words).toContain("Accès refusé");
      expect(await people(interior, (of) => of.names())).not.toContain(eve.email);
    });

    it("refuses an agent whose level of assurance is too low", async () => {
      const { stopped } = await comeIn(interior, chloe);
      expect(stopped?.words).toContain("Accès refusé");
      expect(await people(interior, (of) => of.names())).not.toContain(chloe.email);
    });

    it("keeps ministries apart: each agent is at home in one, and their homeservers do not speak to each other", async () => {
      const guest = await sessionOf(elsewhere, eve);
      expect(guest.userId.endsWith(`:${world.domain(elsewhere)}`)).toBe(true);
      expect((await comeIn(elsewhere, angele)).stopped?.words).toContain("Accès refusé");
      const room = await device.createRoom({ preset: "private_chat" });
      const invited = await device.ask("POST", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/invite`, {
        user_id: guest.userId,
      });
      expect(invited.status).toBeGreaterThanOrEqual(400);
    });

    it("refuses an agent from the day on which the ministry no longer admits their organisation", async () => {
      const name = ["tenantidentityprovider", "proconnect", "-n", `t-${interior}`];
      const patch = (sirens: readonly string[]): string =>
        JSON.stringify({ spec: { proConnect: { allowedSirens: sirens } } });
      await world.own.node.kubectl.ok(["patch", ...name, "--type=merge", "-p", patch(["123456789"])]);
      await world.providers.confirm(interior);
      expect((await comeIn(interior, angele)).stopped?.words).toContain(refusals.siret);
      await world.own.node.kubectl.ok(["patch", ...name, "--type=merge", "-p", patch([angele.siren])]);
      await world.providers.confirm(interior);
      expect((await comeIn(interior, angele)).arrived).toBeDefined();
    });

    it.skipIf(!inChromium)(
      "leads a person in a real browser from the chat to the provider and back to the chat",
      async () => {
        const browser = await startChromium();
        try {
          const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "fr-FR" });
          const page = await context.newPage();
          page.setDefaultTimeout(90_000);
          const seen = async (name: string): Promise<void> => {
            await page.screenshot({ path: join(artefacts, `${name}.png`) });
          };
          const at = { client: world.client(interior), provider: "oidc-realm" };
          await page.goto(world.home(interior).loginAddress(at).href);
          await page.getByRole("link", { name: "ProConnect" }).waitFor();
          expect(await page.locator("html").getAttribute("lang")).toBe("fr");
          await seen("1-login-of-the-realm");
          await page.getByRole("link", { name: "ProConnect" }).click();
          await page.getByRole("heading", { name: "FAKE ProConnect" }).waitFor();
          await seen("2-provider");
          await page.getByRole("button", { name: `${angele.given_name} ${angele.usual_name}` }).click();
          await page.waitForURL((url) => url.href.startsWith(at.client));
          await seen("3-back-at-the-chat");
          expect(await page.locator("body").textContent()).toContain("FAKE Element Web");
          const guest = await world.home(interior).open(new URL(page.url()));
          expect(guest.userId).toBe(device.userId);
        } finally {
          await browser.close();
        }
      },
    );

    it("ends the session at the homeserver when the realm ends the agent's", async () => {
      expect(await whoami(device)).toBe(200);
      await people(interior, (of) => of.logOut(angele.email));
      await eventually(async () => {
        expect(await whoami(device)).toBe(401);
      }, 30_000);
      expect(await whoami(await sessionOf(interior, angele))).toBe(200);
    });
  });
}
