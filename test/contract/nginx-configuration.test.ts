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

/** A file of a ConfigMap as it is rendered for the example ministry. */
function rendered(golden: string, file: string): string {
  const path = join(import.meta.dirname, "..", "golden", "__golden__", `${golden}.yaml`);
  const manifests = parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS() as unknown);
  const texts = manifests.flatMap(
    (manifest) => (manifest as { data?: Record<string, string> } | null)?.data?.[file] ?? [],
  );
  expect(texts).toHaveLength(1);
  return texts[0] ?? "";
}

/** What nginx says of a configuration; throws where it refuses it. */
async function tested(configuration: string): Promise<string> {
  const file = join(directory, "nginx.conf");
  writeFileSync(file, configuration);
  return (await promisify(execFile)(nginx, ["-t", "-c", file])).stderr;
}

const placed = (text: string): string => text.replaceAll("/tmp/", `${directory}/`);

describe("nginx takes", () => {
  it("the configuration of the web client, but for the list of types that its image holds", async () => {
    const whole = placed(rendered("synapse", "nginx.conf"));
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
