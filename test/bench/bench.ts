import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ensureAssets, kubernetesVersion } from "../control-plane/assets.ts";
import { undoOnExit } from "../servers/undo.ts";
import type { Figure, Results } from "./figures.ts";
import { type Floor, writeFloor } from "./floor.ts";
import { handovers } from "./handover.ts";
import { eventToApplied } from "./latency.ts";
import { policyFigures } from "./policy.ts";
import { realmCost } from "./realms.ts";
import { markdown } from "./report.ts";
import { atRest, coldStart } from "./rest.ts";
import { tenantsToReady, throughputFigures, throughputTables } from "./throughput.ts";
import { callsAtATime, inWorld, prepareRegions } from "./world.ts";

/** `npm run bench`: figures beside their goals. It asserts nothing: a slow machine is no fault. */
const root = join(import.meta.dirname, "..", "..");
const output = join(root, ".socle", "bench");
const directory = join(output, `run-${process.pid}`);
/** Latency and hand-over are measured with this many tenants. */
const middle = 100;
/** More tenants do not change the floor, and cost minutes. */
const floorTenants = 100;

const parts = ["tenants", "latency", "handover", "realms", "policy"] as const;
type Part = (typeof parts)[number];

interface Options {
  readonly quick?: boolean;
  readonly output: "markdown" | "json";
  readonly only?: readonly Part[];
  readonly tenants?: number;
  readonly profile?: boolean;
}

const began = Date.now();
const say = (line: string): void => {
  process.stderr.write(`[${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s] ${line}\n`);
};

type Details = Results["details"][number];

/** Everything that is measured with that many tenants: the floor on one fresh control plane, the operator on another. */
async function withTenants(
  tenants: number,
  wanted: (part: Part) => boolean,
  run: { readonly assets: string; readonly quick: boolean; readonly profile: boolean },
): Promise<{ readonly figures: Figure[]; readonly details: Details[] }> {
  const figures: Figure[] = [];
  const details: Details[] = [];
  const at = {
    directory: join(directory, `tenants-${tenants}`),
    assets: run.assets,
    profile: run.profile ? output : undefined,
  };
  const raw = Math.min(tenants, floorTenants);
  say(`${tenants} tenants: the floor, with the objects of ${raw}`);
  const floorBefore = await inWorld(at, (world) => writeFloor(world, raw, "raw"));
  say(`${tenants} tenants: to Ready`);
  await inWorld(at, async (world) => {
    let operator = await prepareRegions(world, tenants);
    const throughput = await tenantsToReady(world, operator, tenants);
    details.push(...throughputTables(throughput));
    if (wanted("tenants")) {
      say(`${tenants} tenants: at rest`);
      figures.push(...(await atRest(world, operator, tenants)));
      say(`${tenants} tenants: cold start`);
      const restarted = await coldStart(world, { operator, tenants });
      ({ operator } = restarted);
      figures.push(...restarted.figures);
    }
    if (tenants === middle && wanted("latency")) {
      say(`${tenants} tenants: latency`);
      figures.push(...(await eventToApplied(world, operator, tenants)));
    }
    if (tenants === middle && wanted("handover")) {
      say(`${tenants} tenants: hand-over`);
      const handed = await handovers(
        world,
        operator,
        run.quick ? { SIGTERM: 3, SIGKILL: 1 } : { SIGTERM: 5, SIGKILL: 3 },
      );
      ({ operator } = handed);
      figures.push(...handed.figures);
    }
    await operator.stop();
    say(`${tenants} tenants: the floor once more`);
    const floors = [floorBefore, await writeFloor(world, raw, "late")] as const;
    figures.unshift(...floorFigures(raw, floors), ...throughputFigures(throughput, floors));
  });
  return { figures, details };
}

function floorFigures(tenants: number, floors: readonly [Floor, Floor]): Figure[] {
  return floors.map(({ writesPerSecond, objectsPerTenant, note }, index) => ({
    of: `floor: the objects of ${tenants} tenants, ${index === 0 ? "before" : "after"}`,
    name: "writes of a client that does nothing else",
    value: writesPerSecond,
    unit: "writes/s",
    note: `${objectsPerTenant} objects each, ${callsAtATime} calls at a time; ${note}`,
  }));
}

function sizes(wanted: (part: Part) => boolean, { quick, tenants }: Options): readonly number[] {
  if (wanted("tenants")) {
    if (tenants !== undefined) return [tenants];
    return quick === true ? [10, middle] : [10, middle, 500];
  }
  return wanted("latency") || wanted("handover") ? [middle] : [];
}

/** Measures into the lists, so that what was measured before a failure is kept. */
async function measure(
  options: Options,
  into: { readonly figures: Figure[]; readonly details: Details[] },
): Promise<void> {
  const quick = options.quick === true;
  const wanted = (part: Part): boolean => options.only === undefined || options.only.includes(part);
  if (wanted("policy")) {
    say("checks over the objects of a ministry, and of 1,000");
    into.figures.push(...policyFigures());
  }
  const profile = options.profile === true;
  const assets = options.only?.every((part) => part === "policy") === true ? "" : await ensureAssets(say);
  for (const tenants of sizes(wanted, options)) {
    const measured = await withTenants(tenants, wanted, { assets, quick, profile });
    into.figures.push(...measured.figures);
    into.details.push(...measured.details);
  }
  if (wanted("realms")) {
    say("realms on a real Keycloak");
    const counts = quick ? [1, 50] : [1, 50, 150];
    await realmCost({ directory: join(directory, "servers"), counts, say }, into.figures);
  }
}

async function bench(options: Options): Promise<Results> {
  undoOnExit(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const loadBefore = loadavg()[0] ?? 0;
  const measured = { figures: [] as Figure[], details: [] as Details[] };
  let incomplete: string | undefined;
  try {
    await measure(options, measured);
  } catch (error) {
    incomplete = error instanceof Error ? error.message : String(error);
  }
  return {
    date: new Date().toISOString(),
    mode: options.quick === true ? "quick" : "full",
    ...(incomplete === undefined ? {} : { incomplete }),
    commit: commitOf(),
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.versions.node,
      kubernetes: kubernetesVersion,
      loadBefore,
      loadAfter: loadavg()[0] ?? 0,
    },
    doubles: [
      "Keycloak and PostgreSQL are doubles in memory in everything but the figures of realms: they answer at once, so what is measured is the operator and the API server.",
    ],
    ...measured,
  };
}

function commitOf(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", ["-C", root, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`;
  } catch {
    return "unknown";
  }
}

function write(results: Results): void {
  mkdirSync(output, { recursive: true });
  const json = join(output, `${results.date.replaceAll(":", "-").slice(0, 19)}.json`);
  writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(join(output, "latest.md"), markdown(results));
  say(`written: ${json} and ${join(output, "latest.md")}`);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    say("interrupted: removing what was started; no results are written");
    // Whatever was started registered its undoing for the exit of this process.
    process.exit(130);
  });
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 2000)
    throw new InvalidArgumentError("a whole number from 1 to 2000");
  return value;
}

const program = new Command("npm run bench --")
  .description(
    "Measures the operator against a raw floor of the same run, and prints figures beside their goals (docs/performance.md). Asserts nothing.",
  )
  .option(
    "--quick",
    "10 and 100 tenants, 1 and 50 realms (about 10 minutes); otherwise 500 tenants and 150 realms too (about 30)",
  )
  .addOption(
    new Option("-o, --output <format>", "format of the result").choices(["markdown", "json"]).default("markdown"),
  )
  .addOption(new Option("--only <parts...>", "measure these parts only").choices(parts))
  .option("--tenants <number>", "this many tenants, instead of the usual sizes", count)
  .option("--profile", "write CPU profiles of the operator to .socle/bench/ too; they slow it down")
  .addHelpText(
    "after",
    "\nProgress goes to standard error, the result to standard output and to .socle/bench/.\nExit codes: 0 measured, 1 incomplete (what was measured is written), 2 wrong usage, 130 interrupted.",
  )
  .exitOverride();

try {
  const results = await bench(program.parse().opts<Options>());
  write(results);
  process.stdout.write(
    program.opts<Options>().output === "json" ? `${JSON.stringify(results, undefined, 2)}\n` : markdown(results),
  );
  if (results.incomplete !== undefined) say(results.incomplete);
  process.exit(results.incomplete === undefined ? 0 : 1);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  throw error;
}
