import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { roomRulesPath } from "../../constructs/jitsi/room-rules.ts";
import { orWhyNot } from "../servers/debian-packages.ts";
import { prosodyPrograms, type ProsodyPrograms } from "../servers/prosody-distribution.ts";
import {
  configurationProblem,
  prosodyHome,
  type ProsodyHome,
  prosodyHosts,
  startProsody,
} from "../servers/prosody-server.ts";
import { XmppClient } from "../support/xmpp-client.ts";

/** Our module in the real Prosody: who gets in, who does not, and what it says of itself. Jitsi's plugins beside it are FAKE. */
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

const found = await orWhyNot(() => prosodyPrograms(say));
if (typeof found === "string") say(`NOT RUN: rooms of the real Prosody. ${found}`);
const programs = found as ProsodyPrograms;
const { XMPP_DOMAIN: people, XMPP_GUEST_DOMAIN: guest, XMPP_MUC_DOMAIN: rooms } = prosodyHosts;

const homes: ProsodyHome[] = [];
const undo: (() => Promise<void> | void)[] = [];

async function newHome(wish: { guests?: string; without?: readonly string[] } = {}): Promise<ProsodyHome> {
  const directory = await mkdtemp(join(tmpdir(), "socle-prosody-"));
  const home = await prosodyHome(directory, { programs, guests: "LobbyOnly", ...wish });
  homes.push(home);
  return home;
}

async function running(wish: Parameters<typeof newHome>[0] & { unruled?: true } = {}): Promise<ProsodyHome> {
  const { unruled, ...rest } = wish;
  const made = await newHome(rest);
  const home = unruled ? { ...made, environment: { ...made.environment, TEST_UNRULED: "1" } } : made;
  undo.push(await startProsody(home, programs));
  return home;
}

async function login({ ports }: ProsodyHome, host: string): Promise<XmppClient> {
  const client = await XmppClient.login(ports.xmpp, host);
  undo.push(() => {
    client.close();
  });
  return client;
}

const rulesOf = async ({ ports }: ProsodyHome): Promise<unknown> =>
  await (await fetch(`http://127.0.0.1:${ports.http}${roomRulesPath}`)).json();

describe.skipIf(typeof found === "string")("rooms of the real Prosody", () => {
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  afterAll(async () => {
    for (const { directory } of homes) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  it("have a configuration that prosodyctl takes, and would not if it were no Lua", async () => {
    const home = await newHome();
    expect(await configurationProblem(home, programs)).toBeUndefined();
    await appendFile(home.configuration, "\nmodules_enabled = {\n");
    expect(await configurationProblem(home, programs)).toMatch(/prosody\.cfg\.lua/);
  });

  it("are moderated by whoever comes from the realm, and let in no guest whom nobody let in", async () => {
    const home = await running();
    const room = `conseil@${rooms}`;
    const [agent, colleague, stranger] = [
      await login(home, people),
      await login(home, people),
      await login(home, guest),
    ];
    expect(await agent.enter(room, "agent")).toEqual({ entered: true, affiliation: "owner", role: "moderator" });
    expect(await colleague.enter(room, "colleague")).toEqual({
      entered: true,
      affiliation: "owner",
      role: "moderator",
    });
    expect(await stranger.enter(room, "stranger")).toEqual({ entered: false, refusal: "registration-required" });
    expect(await agent.admit(room, stranger.jid)).toBe(true);
    expect(await stranger.enter(room, "stranger")).toEqual({
      entered: true,
      affiliation: "member",
      role: "participant",
    });
  });

  it("give nothing away to somebody whose token is for another room", async () => {
    const home = await running();
    const room = `conseil@${rooms}`;
    const [agent, intruder, stranger] = [
      await login(home, people),
      await login(home, people),
      await login(home, guest),
    ];
    await agent.enter(room, "agent");
    expect(await intruder.enter(room, "intruder")).toEqual({ entered: false, refusal: "not-allowed" });
    expect(await intruder.admit(room, stranger.jid)).toBe(false);
  });

  it("let a guest give away nothing", async () => {
    const home = await running();
    const room = `conseil@${rooms}`;
    const [agent, stranger, other] = [await login(home, people), await login(home, guest), await login(home, guest)];
    await agent.enter(room, "agent");
    await agent.admit(room, stranger.jid);
    await stranger.enter(room, "stranger");
    expect(await stranger.admit(room, other.jid)).toBe(false);
    expect(await stranger.openToAll(room)).toBe(false);
  });

  it("that a moderator opened to all are closed to guests", async () => {
    const home = await running();
    const room = `conseil@${rooms}`;
    const [agent, stranger] = [await login(home, people), await login(home, guest)];
    await agent.enter(room, "agent");
    expect(await agent.openToAll(room)).toBe(true);
    expect(await stranger.enter(room, "stranger")).toEqual({ entered: false, refusal: "forbidden" });
  });

  it.each([["conseil"], ["__jicofo-health-check-1"]])(
    "are not made by a guest who comes first, as %s",
    async (name) => {
      const home = await running();
      const stranger = await login(home, guest);
      expect(await stranger.enter(`${name}@${rooms}`, "stranger")).toEqual({ entered: false, refusal: "forbidden" });
    },
  );

  it("let in no guest at all where guests are refused, not even one that was let in", async () => {
    const home = await running({ guests: "Refused" });
    const room = `conseil@${rooms}`;
    const [agent, stranger] = [await login(home, people), await login(home, guest)];
    expect((await agent.enter(room, "agent")).entered).toBe(true);
    await agent.admit(room, stranger.jid);
    expect(await stranger.enter(room, "stranger")).toEqual({ entered: false, refusal: "forbidden" });
  });

  it("keep guests out when a release lost the plugin of lobbies, and say so", async () => {
    const home = await running({ without: ["mod_persistent_lobby.lua"] });
    const room = `conseil@${rooms}`;
    const [agent, stranger] = [await login(home, people), await login(home, guest)];
    expect((await agent.enter(room, "agent")).entered).toBe(true);
    expect(await stranger.enter(room, "stranger")).toEqual({ entered: false, refusal: "forbidden" });
    expect(await rulesOf(home)).toEqual({ guests: "LobbyOnly", lobby: false });
  });

  it.each(["LobbyOnly", "Refused"])("say that guests are %s when they are", async (guests) => {
    expect(await rulesOf(await running({ guests }))).toEqual({ guests, lobby: true });
  });

  it("say that anybody enters where the module does not decide, because then anybody does", async () => {
    const home = await running({ unruled: true });
    expect(await rulesOf(home)).toEqual({ guests: "Anybody", lobby: true });
    const stranger = await login(home, guest);
    expect((await stranger.enter(`conseil@${rooms}`, "stranger")).entered).toBe(true);
  });
});
