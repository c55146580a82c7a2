import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { nginxProgram } from "../node-lane/nginx-program.ts";

const directory = mkdtempSync(join(tmpdir(), "socle-nginx-"));
let nginx: string;
beforeAll(async () => {
  nginx = await nginxProgram((line) => void process.stderr.write(`  ${line}\n`));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A file of a ConfigMap as it is rendered for the example ministry: the same in each that has one. */
function rendered(golden: string, file: string): string {
  const path = join(import.meta.dirname, "..", "golden", "__golden__", `${golden}.yaml`);
  const manifests = parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS() as unknown);
  const [text = "", ...others] = new Set(
    manifests.flatMap((manifest) => (manifest as { data?: Record<string, string> } | null)?.data?.[file] ?? []),
  );
  expect(others).toEqual([]);
  return text;
}

/** What nginx says of a configuration; throws where it refuses it. */
async function tested(configuration: string): Promise<string> {
  const file = join(directory, "nginx.conf");
  writeFileSync(file, configuration);
  return (await promisify(execFile)(nginx, ["-t", "-c", file])).stderr;
}

const placed = (text: string): string => text.replaceAll("/tmp/", `${directory}/`);

describe("nginx takes", () => {
  it.each([
    ["web client", "synapse"],
    ["accessibility page", "accessibility"],
  ])("the configuration of the %s, but for the list of types that its image holds", async (_site, golden) => {
    const whole = placed(rendered(golden, "nginx.conf"));
    const typed = whole.replace("include /etc/nginx/mime.types;", "types { text/html html; }");
    expect(typed).not.toBe(whole);
    expect(await tested(typed)).toContain("syntax is ok");
  });

  it("what is added to the server of the conference page", async () => {
    const server = `server { listen 127.0.0.1:8080; ${rendered("jitsi", "server.conf")} }`;
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (of) => `${of}_temp_path ${directory}/${of};`,
    );
    const whole = `pid ${directory}/pid; error_log stderr; events {} http { ${temporary.join(" ")} ${server} }`;
    expect(await tested(whole)).toContain("syntax is ok");
  });

  it("nothing that it does not know", async () => {
    await expect(tested("events {} htttp {}")).rejects.toThrow("unknown directive");
  });
});
