import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openProjectFiles } from "../../constructs/open-project/open-project-input.ts";
import { projectsConfiguration, type ProjectsSettings } from "../../operator/modules/open-project/configuration.ts";
import { fromFile, settingsFile } from "../../operator/modules/open-project/settings-file.ts";
import { orWhyNot } from "../servers/debian-packages.ts";
import { rubyProgram, type RunRuby } from "../servers/ruby-program.ts";
import { readConfiguration } from "../support/ruby-template.ts";

/** Our configuration.yml in the real Ruby, read as OpenProject reads it: a template first, then YAML without objects. */
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
const found = await orWhyNot(() => rubyProgram(say));
if (typeof found === "string") say(`NOT RUN: the configuration of the projects in the real Ruby. ${found}`);
const ruby = found as RunRuby;

const reader = `
require "date"
require "erb"
require "json"
require "yaml"
text = ERB.new(File.read(ARGV.fetch(0))).result
puts JSON.generate(YAML.safe_load(text, permitted_classes: [Symbol, Date]))
`;

const undo: string[] = [];
afterEach(async () => {
  for (const directory of undo.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** What Ruby makes of it; `files` are put where the text expects them, below a directory of this test. */
async function asRuby(text: string, files: Readonly<Record<string, string>>): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), "socle-ruby-"));
  undo.push(directory);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  const configuration = join(directory, "configuration.yml");
  await writeFile(configuration, text.replaceAll("File.read('", `File.read('${directory}`));
  return JSON.parse(await ruby(reader, [configuration])) as unknown;
}

const hostile = [
  "yes",
  "12",
  "1e3",
  "2026-01-01",
  ":symbol",
  "null",
  "~",
  "a: b # c",
  "<%= `id` %>",
  "<%% x %>",
  "%>",
  "- a\n- b\n",
  "\"quoted\" \\ 'and'",
  "é\u0085\u2028\u{1f600}\u007f",
  "tab\tend ",
  "",
];

describe.skipIf(typeof found === "string")("the configuration of the projects", () => {
  it("says every text in Ruby as it is, and under its name", async () => {
    const settings = { ...Object.fromEntries(hostile.map((text) => [text, text])), list: hostile };
    expect(await asRuby(settingsFile(settings), {})).toEqual({ default: settings });
  });

  it("takes what files hold as it is", async () => {
    const settings = Object.fromEntries(hostile.map((_text, index) => [`key-${index}`, fromFile(`/secrets/${index}`)]));
    const files = Object.fromEntries(hostile.map((text, index) => [`/secrets/${index}`, text]));
    const expected = Object.fromEntries(hostile.map((text, index) => [`key-${index}`, text]));
    expect(await asRuby(settingsFile(settings), files)).toEqual({ default: expected });
  });

  it("of a tenant is read by Ruby as the other tests read it", async () => {
    const settings: ProjectsSettings = {
      host: "projects.agriculture.example",
      innerHost: "openproject-web.t-minagri-apps.svc",
      realm: { issuer: "https://sso.example/realms/minagri", clientId: "openproject", displayName: "<%= 1 %>: no" },
      bucket: { name: "minagri-openproject", url: "https://s3.example", region: "no", pathStyle: true },
      mail: { host: "relay.example", port: 587, tls: "StartTLS", from: "suite@example.org", account: true },
      cacheHost: "openproject-redis.t-minagri-apps.svc",
    };
    const text = projectsConfiguration(settings);
    const files = Object.fromEntries(
      Object.values(openProjectFiles).map((path, index) => [path, `secret ${hostile[index] ?? ""}`]),
    );
    expect(await asRuby(text, files)).toEqual(readConfiguration(text, files));
  });
});
