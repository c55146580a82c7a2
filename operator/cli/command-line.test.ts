import { describe, expect, it } from "vitest";
import { type Actions, commandLine, describeCommandLine, exitCodes, idleCommandLine } from "./command-line.ts";
import { exitCode } from "./terminal.ts";

/** What the program would do for these words. */
async function asked(...words: string[]): Promise<unknown> {
  let seen: unknown;
  const note =
    (command: string) =>
    (...given: unknown[]): Promise<void> => {
      seen = [command, ...given];
      return Promise.resolve();
    };
  const actions: Actions = {
    status: note("status"),
    doctor: note("doctor"),
    export: note("export"),
    exception: { approve: note("exception approve") },
    mirror: note("mirror"),
    policy: {
      catalog: note("policy catalog"),
      check: note("policy check"),
      connectivity: note("policy connectivity"),
    },
    report: { write: note("report"), verify: note("report verify") },
    version: note("version"),
  };
  const program = commandLine("socle", "1.2.3", actions);
  for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])])
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  await program.parseAsync(words, { from: "user" });
  return seen;
}

const exportDefaults = {
  secrets: true,
  apiServer: [],
  cloudnativePg: true,
  installation: "00000000-0000-0000-0000-000000000000",
  operatorUsername: "system:serviceaccount:socle-system:socle",
};

describe("the command line", () => {
  it.each([
    { words: ["status"], means: ["status", undefined, { color: true, output: "text" }] },
    { words: ["status", "a", "-o", "json"], means: ["status", "a", { color: true, output: "json" }] },
    {
      words: ["--kubeconfig", "f", "--context", "c", "doctor"],
      means: ["doctor", { color: true, output: "text", kubeconfig: "f", context: "c" }],
    },
    {
      words: ["status", "a", "--context", "c", "--no-color"],
      means: ["status", "a", { color: false, output: "text", context: "c" }],
    },
    {
      words: ["export", "-f", "a", "b", "-f", "c", "--tenant", "t", "-o", "d"],
      means: ["export", { ...exportDefaults, filename: ["a", "b", "c"], tenant: "t", output: "d" }],
    },
    {
      words: ["export", "-f", "-", "--no-secrets", "--no-cloudnative-pg", "--no-color"],
      means: ["export", { ...exportDefaults, filename: ["-"], secrets: false, cloudnativePg: false }],
    },
    {
      words: ["export", "-f", "a", "--api-server", "192.0.2.1:6443", "--api-server", "[2001:db8::1]:443"],
      means: [
        "export",
        {
          ...exportDefaults,
          filename: ["a"],
          apiServer: [
            { address: "192.0.2.1", port: 6443 },
            { address: "2001:db8::1", port: 443 },
          ],
        },
      ],
    },
    {
      words: ["policy", "connectivity", "-f", "a", "-f", "-"],
      means: ["policy connectivity", { filename: ["a", "-"], output: "text" }],
    },
    {
      words: ["policy", "check", "-f", "a", "--check", "9-34", "--strict"],
      means: [
        "policy check",
        { filename: ["a"], check: ["9-34"], strict: true, profile: "secnumcloud", output: "table" },
      ],
    },
    {
      words: ["exception", "approve", "one", "-n", "t-meteo"],
      means: ["exception approve", "one", { namespace: "t-meteo", color: true }],
    },
    {
      words: ["mirror", "--to", "registry.example/suite/", "--dry-run", "-f", "a", "-o", "skopeo"],
      means: ["mirror", { to: "registry.example/suite", dryRun: true, filename: ["a"], output: "skopeo" }],
    },
    {
      words: ["mirror", "--to", "registry.example:5000"],
      means: ["mirror", { to: "registry.example:5000", dryRun: false, output: "text" }],
    },
    { words: ["policy", "catalog"], means: ["policy catalog", { profile: "secnumcloud", output: "text" }] },
    {
      words: ["policy", "connectivity", "-f", "a", "-o", "json", "--no-color"],
      means: ["policy connectivity", { filename: ["a"], output: "json" }],
    },
    {
      words: ["report", "verify", "a", "b", "--head", `7:${"a".repeat(64)}`, "--scope", "t-a", "-o", "json"],
      means: [
        "report verify",
        { paths: ["a", "b"], log: false, scope: "t-a", head: { sequence: 7, hash: "a".repeat(64) }, output: "json" },
      ],
    },
    {
      words: ["report", "a", "--since", "30d", "--html", "f", "-o", "json"],
      means: ["report", "a", { color: true, lang: "fr", since: "30d", html: "f", output: "json" }],
    },
    {
      words: ["report", "--region", "r", "-f", "a", "--lang", "en"],
      means: ["report", undefined, { color: true, lang: "en", region: "r", filename: ["a"], output: "text" }],
    },
    { words: ["version", "--client"], means: ["version", { color: true, output: "text", client: true }] },
  ])("takes $words, with the options for the whole program before or after the command", async ({ words, means }) => {
    expect(await asked(...words)).toEqual(means);
  });

  it.each([
    { words: ["stauts"], code: "commander.unknownCommand" },
    { words: ["status", "--frobnicate"], code: "commander.unknownOption" },
    { words: ["status", "a", "b"], code: "commander.excessArguments" },
    { words: ["status", "-o", "yaml"], code: "commander.invalidArgument" },
    { words: ["export"], code: "commander.missingMandatoryOptionValue" },
    { words: ["export", "-f", "a", "--api-server", "kubernetes:6443"], code: "commander.invalidArgument" },
    { words: ["export", "-f", "a", "--api-server", "192.0.2.1:65536"], code: "commander.invalidArgument" },
    { words: ["export", "-f", "a", "--api-server", "[192.0.2.1]:443"], code: "commander.invalidArgument" },
    { words: ["report", "a", "--lang", "de"], code: "commander.invalidArgument" },
    { words: ["mirror", "--dry-run"], code: "commander.missingMandatoryOptionValue" },
    { words: ["mirror", "--to", "https://registry.example", "--dry-run"], code: "commander.invalidArgument" },
    { words: ["mirror", "--to", "registry.example/$(id)", "--dry-run"], code: "commander.invalidArgument" },
    { words: ["policy"], code: "commander.help" },
    { words: ["policy", "connection"], code: "commander.unknownCommand" },
    { words: ["policy", "connectivity"], code: "commander.missingMandatoryOptionValue" },
    { words: ["policy", "connectivity", "-f", "a", "-o", "table"], code: "commander.invalidArgument" },
    { words: ["report", "verify"], code: "commander.missingArgument" },
    { words: ["report", "verify", "a", "--head", "7:short"], code: "commander.invalidArgument" },
    { words: ["export", "-f", "a", "--installation", "this one"], code: "commander.invalidArgument" },
  ])("refuses $words", async ({ words, code }) => {
    await expect(asked(...words)).rejects.toMatchObject({ code });
  });

  it("explains every exit code that the program has", () => {
    expect(exitCodes.map(([code]) => code)).toEqual(Object.values(exitCode));
  });

  it.each(describeCommandLine().slice(1))("$name has a meaning and an example that names it", (command) => {
    expect(command.meaning).not.toBe("");
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { line } of command.examples) expect(line.startsWith(command.name)).toBe(true);
  });

  it("speaks of kubectl socle where that is what the person typed", () => {
    expect(idleCommandLine("kubectl socle").commands[0]?.helpInformation()).toContain("Usage: kubectl socle status");
  });
});
