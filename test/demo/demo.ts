import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { Browser, loginWithTotp } from "../support/browser-login.ts";
import type { Kubectl } from "../support/installation.ts";
import { loginThroughBroker } from "../support/broker-login.ts";
import { defaultAgents } from "../servers/fake-proconnect-agents.ts";
import { Homeserver, type MatrixClient } from "../support/matrix-client.ts";
import { createLocalUser } from "../support/local-user.ts";
import { demoRegion, demoTenant, demoTenantManifest } from "./objects.ts";
import { worldOnNode } from "./on-node.ts";
import { Progress } from "./progress.ts";
import { worldWithServers } from "./with-servers.ts";
import type { DemoWorld, Ground, Say } from "./world.ts";

/** `npm run demo`: everything real on this machine, one ministry brought to life, and a person invited in. */
const root = join(import.meta.dirname, "..", "..");
const directory = join(root, ".socle", "demo");

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
interface Live {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly spec: { readonly module?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly url?: string;
  };
}
interface Options {
  readonly once?: boolean;
  readonly servers?: boolean;
  readonly context?: string;
}

/** A room, and the device of who made it. */
interface Room {
  readonly device: MatrixClient;
  readonly room: string;
}

/** Somebody who is logged in at the realm. */
interface Login {
  readonly username: string;
  readonly browser: Browser;
}

/** What has to be undone at the end, last first. */
const stops: { readonly title: string; readonly stop: (say: Say) => Promise<unknown> }[] = [];
const interruption = new AbortController();
/** Everything was shown: Ctrl-C is then the way to end, and no failure. */
let invited = false as boolean;

/** Undoes everything; what fails is told and stops nothing else. */
async function stopAll(): Promise<void> {
  for (const { title, stop } of stops.splice(0).reverse()) {
    try {
      await stop((line) => {
        console.log(`    ${line}`);
      });
    } catch (error) {
      console.error(`${title} could not be undone: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function readyOf(kubectl: Kubectl, args: readonly string[]): Promise<Condition> {
  const live = await kubectl.json<Live>(["get", ...args]);
  const ready = live.status?.conditions?.find((condition) => condition.type === "Ready");
  if (ready === undefined || live.status?.observedGeneration !== live.metadata.generation)
    return { type: "Ready", status: "Unknown", reason: "NotObserved", message: "not looked at yet" };
  return ready;
}

async function untilReady(kubectl: Kubectl, args: readonly string[], say: (line: string) => void): Promise<void> {
  const deadline = Date.now() + 300_000;
  let last = "";
  for (;;) {
    const ready = await readyOf(kubectl, args);
    if (ready.status === "True") return;
    const line = `${ready.reason}: ${ready.message}`;
    if (line !== last) say(line);
    last = line;
    if (Date.now() > deadline) throw new Error(`${args.join(" ")} is not Ready after 5 minutes. ${line}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function printTable(kubectl: Kubectl): Promise<void> {
  const modules = await kubectl.json<{ items: readonly Live[] }>(["get", "moduledeployments", "-n", `t-${demoTenant}`]);
  const rows = [
    ["SovereignRegion", demoRegion, await kubectl.json<Live>(["get", "sovereignregion", demoRegion])] as const,
    ["Tenant", demoTenant, await kubectl.json<Live>(["get", "tenant", demoTenant])] as const,
    ...modules.items.map((module) => ["Module", module.spec.module ?? "", module] as const),
  ];
  console.log("");
  for (const [kind, name, live] of rows) {
    console.log(`${kind} ${name}`);
    for (const condition of live.status?.conditions ?? []) {
      console.log(
        `  ${condition.status.padEnd(8)} ${condition.type.padEnd(21)} ${condition.reason.padEnd(18)} ${condition.message.slice(0, 110)}`,
      );
    }
  }
}

async function onboard({ kubectl, region, modules }: DemoWorld, progress: Progress): Promise<void> {
  await progress.step(`SovereignRegion ${demoRegion}`, async (say) => {
    await kubectl.apply([region]);
    await untilReady(kubectl, ["sovereignregion", demoRegion], say);
  });
  await progress.step(`Tenant ${demoTenant}`, async (say) => {
    await kubectl.apply([demoTenantManifest(modules)]);
    await untilReady(kubectl, ["tenant", demoTenant], say);
  });
}

/** Ready is a word until somebody gets in: twice, so that the enrolled factor is asked for and not only set. */
async function logIn(world: DemoWorld, issuer: string, progress: Progress): Promise<Login> {
  const user = await world.administer((administration) =>
    createLocalUser(world.kubectl, { tenant: demoTenant, administration, username: "camille.martin" }),
  );
  return await progress.step("A local user enrols TOTP and obtains a token", async (say) => {
    const { username, oneTimePassword: password } = user;
    const session = await loginWithTotp(new Browser(world.fetch), { issuer, username, password });
    say(`token for ${session.subject}, expires in ${session.expiresIn} s`);
    const { totpSecret } = session;
    const browser = new Browser(world.fetch);
    const again = await loginWithTotp(browser, {
      issuer,
      username,
      password: session.password,
      totpSecret,
    });
    if (again.subject !== session.subject) throw new Error("The second login reached another account.");
    return { username, browser };
  });
}

/** The same person at the homeserver: asked for nothing more, and into a room that nobody else can read. */
async function chat(
  { chat: at, fetch: how }: DemoWorld,
  { username, browser }: Login,
  progress: Progress,
): Promise<Room | undefined> {
  if (at === undefined) return undefined;
  return await progress.step(
    "The same user opens a session at the homeserver and makes an encrypted room",
    async (say) => {
      const home = new Homeserver(at.homeserver, how);
      const { device } = await home.login(
        { username, password: "" },
        { client: at.client, provider: "oidc-realm", browser },
      );
      const room = await device.createRoom({ preset: "private_chat" });
      const { body } = await device.state(room, "m.room.encryption");
      if (body["algorithm"] === undefined) throw new Error(`Room ${room} is not encrypted.`);
      say(`${device.userId} made ${room}, encrypted with ${JSON.stringify(body["algorithm"])}`);
      return { device, room };
    },
  );
}

/** Agents come from a provider of the State; here a FAKE stands for it. One whom nobody else knows comes in, and joins the room. */
async function welcomeAgent(world: DemoWorld, meeting: Room | undefined, progress: Progress): Promise<void> {
  const { providers, chat: at, fetch: how } = world;
  const [agent] = defaultAgents;
  if (providers === undefined || at === undefined || meeting === undefined || agent === undefined) return;
  await progress.step(
    "The realm trusts a FAKE ProConnect (a pod), whose registration a person confirmed",
    async (say) => {
      await providers.ask({ tenant: demoTenant, sirens: [agent.siren] });
      say("its addresses are registered there, as status.registration prints them");
      await providers.register();
      await providers.confirm(demoTenant);
    },
  );
  await progress.step(
    "An agent whom ProConnect alone knows opens the chat and joins the encrypted room",
    async (say) => {
      const home = new Homeserver(at.homeserver, how);
      const start = home.loginAddress({ client: at.client, provider: "oidc-realm" });
      const wish = { start, alias: "proconnect", agent: agent.email, stopAt: at.client };
      const { arrived, stopped } = await loginThroughBroker(new Browser(how), wish);
      if (arrived === undefined) throw new Error(`The login of ${agent.email} was stopped: ${stopped.words}`);
      const guest = await home.open(arrived);
      const room = `/_matrix/client/v3/rooms/${encodeURIComponent(meeting.room)}`;
      const invited = await meeting.device.ask("POST", `${room}/invite`, { user_id: guest.userId });
      const joined = await guest.ask("POST", `${room}/join`, {});
      if (invited.status !== 200 || joined.status !== 200) throw new Error(`${guest.userId} could not join the room.`);
      say(`${guest.userId} came from ProConnect and joined`);
    },
  );
}

async function invite(world: DemoWorld, issuer: string): Promise<void> {
  const secret = await world.kubectl.json<{ data: Record<string, string> }>([
    "get",
    "secret",
    "keycloak-first-administrator",
    "-n",
    `t-${demoTenant}`,
  ]);
  const text = (key: string): string => Buffer.from(secret.data[key] ?? "", "base64").toString("utf8");
  console.log(`
The ministry lives. Try, in another terminal:
  ${world.environment}
  npx socle ${world.socleOptions}status ${demoTenant}
  npx socle ${world.socleOptions}doctor
  ${world.kubectlCommand} get socle -A
and open
  ${issuer}/account
${world.browserHint}     user      ${text("username")}
     password  ${text("oneTimePassword")}   (once; you then choose your own and enrol a second factor)
${chatHint(world)}The operator's log: ${world.logHint}
Ctrl-C stops everything and leaves nothing behind.`);
  invited = true;
}

function chatHint({ chat: at, providers }: DemoWorld): string {
  if (at === undefined) return "";
  const agents =
    providers === undefined ? "" : "     or choose ProConnect on that page, and there an agent: a FAKE stands for it\n";
  return `${agents}The homeserver, for any client of Matrix: ${at.homeserver}\n`;
}

async function demo(options: Options): Promise<void> {
  const progress = new Progress();
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ground: Ground = { root, directory, progress, undo: (title, stop) => void stops.push({ title, stop }) };
  const world = await worldFor(options, ground);
  await onboard(world, progress);
  const issuer = `${world.keycloakUrl}/realms/${demoTenant}`;
  await welcomeAgent(world, await chat(world, await logIn(world, issuer, progress), progress), progress);
  await printTable(world.kubectl);
  if (options.once === true) return;
  await invite(world, issuer);
  // The interval keeps this process alive: everything it started is detached from its event loop.
  setInterval(() => undefined, 60_000);
  await interrupted();
}

/** A node with real pods where this machine can have one; else servers as processes beside a control plane. */
async function worldFor({ context, servers }: Options, ground: Ground): Promise<DemoWorld> {
  if (context !== undefined || servers === true) return await worldWithServers(ground, context);
  try {
    return await worldOnNode(ground);
  } catch (error) {
    if (!(error instanceof LaneUnavailable)) throw error;
    console.log(
      `${error.message.split("\n")[0] ?? ""}\nGoing on without a node: Keycloak and PostgreSQL as processes.`,
    );
    return await worldWithServers(ground, undefined);
  }
}

/** Resolves with the first Ctrl-C. */
async function interrupted(): Promise<void> {
  if (interruption.signal.aborted) return;
  await new Promise<void>((resolve) => {
    interruption.signal.addEventListener("abort", () => {
      resolve();
    });
  });
}

const program = new Command("npm run demo --")
  .description(
    "Starts a real cluster with the operator in it and brings an example ministry to life. On Linux as root the cluster has a node, and everything is a pod; elsewhere Keycloak and PostgreSQL are processes beside a control plane.",
  )
  .option("--once", "check, tear down; exit 0 only if all was Ready and the token was obtained")
  .option("--servers", "no node: Keycloak and PostgreSQL as processes beside a control plane")
  .option("--context <name>", "use a cluster of your kubeconfig instead, and leave it as it was");
const options = program.parse().opts<Options>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // A second Ctrl-C means: now. What must not outlive this process is undone by its exit.
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort();
    console.log("\nStopping (Ctrl-C again to stop at once).");
  });
}
let code = 0;
try {
  // A step under way is not waited for: its own processes end with this one.
  await Promise.race([demo(options), interrupted()]);
  if (interruption.signal.aborted && !invited) code = 130;
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  code = 1;
}
await stopAll();
process.exit(code);
