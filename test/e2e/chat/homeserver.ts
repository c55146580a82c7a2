import { describe, expect, it } from "vitest";
import { synapsePorts } from "../../../constructs/synapse/synapse-input.ts";
import { closedDoors } from "../../support/closed-doors.ts";
import { throughApiServer } from "../../support/keycloak-administration.ts";
import { createLocalUser } from "../../support/local-user.ts";
import type { MatrixClient } from "../../support/matrix-client.ts";
import { networkProbe } from "../../support/network-probe.ts";
import { patienceMs } from "../../support/node-platform.ts";
import { expectRestrictedPods } from "../../support/pod-security.ts";
import { eventually } from "../../support/test-cluster.ts";
import type { ChatWorld } from "./world.ts";

/** A real Synapse as a pod, on a real PostgreSQL, with a real Keycloak before it: nothing of it is a double. */
export function homeserverStory(world: ChatWorld): void {
  describe("the homeserver of a tenant", () => {
    const tenant = world.interior;
    const domain = world.domain(tenant);
    let camille: MatrixClient;

    it("brings the database and the realm that it needs, and is Ready when its application answered", async () => {
      const module = await world.own.platform.get(["moduledeployment", "synapse", "-n", `t-${tenant}`]);
      const conditions = (module?.status?.conditions ?? []).map(({ type, status }) => [type, status]);
      expect(Object.fromEntries(conditions)).toMatchObject({
        Ready: "True",
        DatabaseReady: "True",
        SSOReady: "True",
        WorkloadAvailable: "True",
        EndpointReachable: "True",
        Published: "True",
      });
      expect(`${String(module?.status?.["url"])}/`).toBe(world.client(tenant));
      expect(module?.status?.["endpoints"]).toEqual([{ name: "homeserver", url: world.home(tenant).url }]);
    });

    it("is among the records of its tenant, at the address of the ingress controller", async () => {
      const live = await world.own.platform.get(["tenant", tenant]);
      for (const name of [domain, `chat.${domain}`, `matrix.${domain}`])
        expect(live?.status?.["dnsRecords"]).toContainEqual({ name, type: "A", value: expect.any(String) as string });
    });

    it("runs under the restricted profile with a read-only root", async () => {
      await expectRestrictedPods(world.own.platform, `t-${tenant}-apps`);
    });

    it("is closed to pods beside it and to those of others, its administration and its metrics with it", async () => {
      const probes = await Promise.all(
        [`t-${tenant}-apps`, "strangers"].map((place) => networkProbe(world.own.node, place, "probe")),
      );
      for (const probe of probes)
        for (const port of [synapsePorts.http, synapsePorts.metrics])
          await eventually(async () => {
            expect(await probe.ask(`synapse.t-${tenant}-apps.svc`, port)).toBe("silence");
          });
      for (const probe of probes) await probe.end();
      // Its ingress controller is not one of them.
      expect(await world.home(tenant).ask("GET", "/_matrix/client/versions")).toMatchObject({ status: 200 });
    });

    it("is found from the domain of its tenant", async () => {
      const known = async (part: string): Promise<unknown> =>
        await (
          await world.fetchLocally(`https://${domain}:${world.own.node.ingress.port}/.well-known/matrix/${part}`)
        ).json();
      expect(await known("client")).toMatchObject({ "m.homeserver": { base_url: `${world.home(tenant).url}/` } });
      expect(await known("server")).toEqual({ "m.server": `${domain}:443` });
    });

    it("has pages that lead to it and to no other host, and that no other page may frame", async () => {
      const page = await world.fetchLocally(world.client(tenant));
      // The files of Element Web are a stand-in here; what serves them, and what they are told, are not.
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("FAKE Element Web")]);
      const policy = page.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain(`connect-src 'self' ${world.home(tenant).url};`);
      for (const name of ["config.json", `config.chat.${domain}.json`]) {
        const told = (await (await world.fetchLocally(`${world.client(tenant)}${name}`)).json()) as Readonly<
          Record<string, unknown>
        >;
        expect(told["default_server_config"]).toEqual({
          "m.homeserver": { base_url: world.home(tenant).url, server_name: domain },
        });
      }
    });

    it("says under each of its hosts how accessible it is, like the Keycloak of its region: state, date and contact", async () => {
      const hosts = [
        world.client(tenant),
        `${world.home(tenant).url}/`,
        `https://${domain}:${world.own.node.ingress.port}/`,
      ];
      for (const host of [...hosts, `${world.own.keycloakUrl}/`]) {
        const [answer, text] = await eventually(async () => {
          const page = await world.fetchLocally(`${host}accessibilite.html`);
          expect([host, page.status]).toEqual([host, 200]);
          return [page, await page.text()] as const;
        });
        expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
        expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
        expect(text).toContain("Non conforme : non évalué.");
        expect(text).toMatch(/<time datetime="20\d\d-\d\d-\d\d">/);
        expect(text).toContain(host.startsWith(world.own.keycloakUrl) ? "adressez-vous à l’organisme" : "mailto:");
        expect(text).toContain(new URL(host).hostname);
        expect((await world.fetchLocally(`${host}accessibilite.html/nginx.conf`)).status).not.toBe(200);
      }
    });

    it.each([
      "/_synapse/admin/v1/server_version",
      "/_synapse/admin/v1/register",
      "/_matrix/client/../../_synapse/admin/v1/server_version",
      "/_matrix/client/%2e%2e/%2e%2e/_synapse/admin/v1/server_version",
      "/_matrix/federation/v1/version",
      "/_matrix/key/v2/server",
      "/metrics",
      "/_synapse/metrics",
      "/health",
    ])("has no public way to %s", async (path) => {
      const { status, body } = await world.home(tenant).ask("GET", path);
      expect([400, 404, 503]).toContain(status);
      expect(JSON.stringify(body)).not.toMatch(/server_version|nonce|verify_keys|process_cpu/);
    });

    it.each(closedDoors)("knows no $what", async ({ method, path, body, answer }) => {
      expect(await world.home(tenant).ask(method, path, { body })).toMatchObject(answer);
    });

    it("lets an agent in through the realm, under the name that the realm knows", async () => {
      const { username, oneTimePassword: password } = await throughApiServer(
        world.own.node,
        world.region,
        (administration) => createLocalUser(world.own.node.kubectl, { tenant, administration, username: "camille" }),
      );
      const at = { client: world.client(tenant), provider: "oidc-realm" };
      camille = (await world.home(tenant).login({ username, password }, at)).device;
      expect(camille.userId).toBe(`@camille:${domain}`);
      expect(await camille.ask("GET", "/_matrix/client/v3/account/whoami")).toMatchObject({
        status: 200,
        body: { user_id: `@camille:${domain}` },
      });
    });

    it.each([["private_chat"], ["public_chat"], ["trusted_private_chat"]])(
      "encrypts a room that is made as a %s, without being asked",
      async (preset) => {
        const room = await camille.createRoom({ preset });
        expect(await camille.state(room, "m.room.encryption")).toMatchObject({
          status: 200,
          body: { algorithm: "m.megolm.v1.aes-sha2" },
        });
      },
    );

    it("lists none of its rooms, not even to its own people", async () => {
      const room = await camille.createRoom({ preset: "public_chat", name: "Accueil" });
      const path = `/_matrix/client/v3/directory/list/room/${encodeURIComponent(room)}`;
      expect(await camille.ask("PUT", path, { visibility: "public" })).toMatchObject({ status: 403 });
      expect(await camille.ask("GET", "/_matrix/client/v3/publicRooms")).toMatchObject({
        status: 200,
        body: { chunk: [] },
      });
    });

    it.each([
      ["an algorithm of its own", { algorithm: "none" }],
      ["no algorithm", {}],
    ])("makes no room that is given %s", async (_what, content) => {
      const initial_state = [{ type: "m.room.encryption", state_key: "", content }];
      await expect(camille.createRoom({ initial_state })).rejects.toThrow("HTTP 403");
    });

    it("lets nobody of its own switch encryption off, or write in clear", async () => {
      const room = await camille.createRoom({ preset: "private_chat" });
      for (const content of [{}, { algorithm: "none" }])
        expect(await camille.setState(room, "m.room.encryption", content)).toMatchObject({ status: 403 });
      for (const type of ["m.room.message", "m.sticker", "something.else"])
        expect(await camille.send(room, type, { msgtype: "m.text", body: "in clear" })).toMatchObject({ status: 403 });
      const encrypted = { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "…", session_id: "s", device_id: "d" };
      expect(await camille.send(room, "m.room.encrypted", encrypted)).toMatchObject({ status: 200 });
      expect(await camille.setState(room, "m.room.name", { name: "Cabinet" })).toMatchObject({ status: 200 });
      expect((await camille.state(room, "m.room.encryption")).body).toMatchObject({
        algorithm: "m.megolm.v1.aes-sha2",
      });
    });

    it("keeps its name, its keys and its people when its pod dies", async () => {
      const secret = ["secret", "synapse-secrets", "-n", `t-${tenant}-apps`];
      const before = (await world.own.platform.get(secret))?.data;
      await world.own.node.kubectl.ok(["delete", "pod", "synapse-0", "-n", `t-${tenant}-apps`, "--grace-period=1"]);
      await eventually(async () => {
        expect(await camille.ask("GET", "/_matrix/client/v3/account/whoami")).toMatchObject({ status: 200 });
      }, patienceMs);
      expect((await world.own.platform.get(secret))?.data).toEqual(before);
      await world.own.platform.ready("tenant", tenant, patienceMs);
    });
  });
}
