import { execFileSync, spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { configurationPhp } from "../../operator/modules/nextcloud/configuration.ts";
import { occCommands } from "../../operator/modules/nextcloud/occ-settings.ts";
import { type PhpValue, phpConfiguration } from "../../operator/modules/nextcloud/php-literal.ts";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { type PhpPrograms, phpPrograms } from "../servers/php-distribution.ts";
import { choosePorts } from "../servers/server-process.ts";
import { giveToServers, serverUser } from "../servers/server-user.ts";
import { fc } from "../support/fast-check.ts";
import { nextcloudFile, nextcloudSettings, officeSettings } from "../support/nextcloud-fixture.ts";
import { eventually } from "../support/test-cluster.ts";

/** What is written for Nextcloud, read by the real PHP and the real Apache. Its code beside them is FAKE: it is on no registry that tests reach. */
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

async function programsOrWhyNot(): Promise<PhpPrograms | string> {
  try {
    return await phpPrograms(say);
  } catch (error) {
    const inCi = process.env["CI"] !== undefined && process.env["CI"] !== "";
    if (!(error instanceof LaneUnavailable) || inCi) throw error;
    return error.message;
  }
}

const found = await programsOrWhyNot();
if (typeof found === "string") say(`NOT RUN: Nextcloud's configuration in the real PHP. ${found}`);
const programs = found as PhpPrograms;

let directory: string;
const root = mkdtempSync(join(tmpdir(), "socle-nextcloud-"));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  directory = mkdtempSync(join(root, "case-"));
});

interface Ran {
  readonly code: number | null;
  readonly text: string;
}

/** Runs PHP without any ini file of this host. */
async function php(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(programs.php, ["-n", ...args], {
    env: { ...programs.environment, ...environment },
    cwd: directory,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (text += part.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, text };
}

/** What PHP makes of configurations: arrays are objects here, since PHP knows no other. */
async function included(texts: readonly string[]): Promise<readonly unknown[]> {
  const files = texts.map((text, index) => {
    const file = join(directory, `${index}.config.php`);
    writeFileSync(file, text);
    return file;
  });
  const script = join(directory, "include.php");
  writeFileSync(
    script,
    "<?php foreach (array_slice($argv, 1) as $file) { $CONFIG = null; include $file; $all[] = $CONFIG; }" +
      " echo json_encode($all, JSON_FORCE_OBJECT | JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);",
  );
  const { code, text } = await php([script, ...files]);
  expect({ code, text: code === 0 ? "" : text }).toEqual({ code: 0, text: "" });
  return Object.values(JSON.parse(text) as Readonly<Record<string, unknown>>);
}

/** The same by hand: a list has numbers for keys. */
function asPhp(value: PhpValue): unknown {
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asPhp(item as PhpValue)]));
}

/** A path of the pod, in a directory of the test. */
const here = (text: string): string =>
  text.replaceAll(/(['"= ]|^)\/(secrets|bucket|config|conf|trust|usr\/src\/nextcloud)(?=[/'"])/g, `$1${directory}/$2`);

const hostile = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom("'", "\\", "?>", "<?php exit;", "$x", "{", '"', "\r\n", "*/", "EOT;") }),
);

describe.skipIf(typeof found === "string")("a configuration of Nextcloud in the real PHP", () => {
  it("is what was meant, whatever characters are in it", async () => {
    const { value } = fc.letrec<{ value: PhpValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        hostile,
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        // A key that looks like a number is one to PHP, and then order is by number here and by place there.
        fc.dictionary(
          hostile.map((key) => `k${key}`),
          tie("value"),
          { maxKeys: 4, noNullPrototype: true },
        ),
      ),
    }));
    const samples = fc.sample(
      fc.dictionary(
        hostile.map((key) => `k${key}`),
        value,
        { noNullPrototype: true },
      ),
      { numRuns: 300 },
    );
    const read = await included(samples.map((sample) => phpConfiguration(sample)));
    const different = samples.flatMap((sample, index) => {
      const pair = [read[index], asPhp(sample)];
      return isDeepStrictEqual(...(pair as [unknown, unknown])) ? [] : [pair.map((one) => JSON.stringify(one))];
    });
    expect(different).toEqual([]);
  });

  it.each(["serving", "administering"] as const)(
    "that is for %s has no mistake, and reads secrets from files",
    async (duty) => {
      mkdirSync(join(directory, "secrets"));
      mkdirSync(join(directory, "bucket"));
      const secret = `it's <?php "quoted" $(id) \\ é`;
      for (const name of ["instance-id", "password-salt", "secret", "database-password", "redis-password"])
        writeFileSync(join(directory, "secrets", name), `${name} ${secret}`);
      for (const name of ["accessKeyID", "secretAccessKey"]) writeFileSync(join(directory, "bucket", name), name);
      const text = nextcloudFile(`${duty}.config.php`);
      const file = join(directory, "checked.php");
      writeFileSync(file, text);
      expect(await php(["-l", file])).toMatchObject({ code: 0 });
      const [read] = await included([here(text)]);
      expect(read).toMatchObject({
        instanceid: `ocinstance-id ${secret}`,
        passwordsalt: `password-salt ${secret}`,
        dbpassword: `database-password ${secret}`,
        dbhost: "postgresql.t-minagri-data.svc:5432",
        pgsql_ssl: { mode: "verify-full", rootcert: join(directory, "secrets/database-ca.crt") },
        overwritehost: "drive.agriculture.example",
        "memcache.locking": "\\OC\\Memcache\\Redis",
        objectstore: {
          class: "\\OC\\Files\\ObjectStore\\S3",
          arguments: {
            hostname: "s3.example",
            port: 9000,
            use_ssl: true,
            key: "accessKeyID",
            secret: "secretAccessKey",
          },
        },
        appstoreenabled: false,
        has_internet_connection: false,
        config_is_read_only: duty === "serving",
      });
    },
  );

  it("would be refused by that check if it were no PHP", async () => {
    const file = join(directory, "broken.php");
    writeFileSync(file, nextcloudFile("serving.config.php"));
    appendFileSync(file, "$CONFIG[");
    expect((await php(["-l", file])).code).not.toBe(0);
  });

  it("holds hostile names of a database, a bucket and a host as they are", async () => {
    const names = fc.sample(hostile, { numRuns: 50 });
    const texts = names.map((name) =>
      configurationPhp(
        {
          ...nextcloudSettings,
          host: name,
          database: { host: name, port: 5432, name, tls: "Require" },
          bucket: { name, url: "http://s3.example", region: name, pathStyle: false },
        },
        "serving",
      ).replaceAll("file_get_contents(", "strval("),
    );
    const read = (await included(texts)) as readonly { readonly [key: string]: unknown }[];
    expect(
      read.map(({ dbname, overwritehost, objectstore }) => ({ dbname, overwritehost, objectstore })),
    ).toMatchObject(
      names.map((name) => ({
        dbname: name,
        overwritehost: name,
        objectstore: { arguments: { bucket: name, region: name, port: 80, use_ssl: false } },
      })),
    );
  });

  it("has sessions in Redis, with the password from the pod", () => {
    const ini = join(directory, "socle.ini");
    writeFileSync(ini, nextcloudFile("socle.ini").replace("session.save_handler = redis", ""));
    const shown = execFileSync(
      programs.php,
      [
        "-c",
        ini,
        "-r",
        'echo json_encode([ini_get("session.save_path"), ini_get("curl.cainfo"), ini_get("expose_php")]);',
      ],
      { env: { ...programs.environment, PHP_INI_SCAN_DIR: "", REDIS_PASSWORD: "a-b_C1" }, encoding: "utf8" },
    );
    const [path, , exposed] = JSON.parse(shown) as readonly unknown[];
    expect(path).toBe("tcp://nextcloud-redis.t-minagri-apps.svc:6379?auth=a-b_C1");
    expect(exposed).toBe("");
  });
});

/** FAKE code of Nextcloud: notes what it is asked, and plays an installation. */
const fakeOcc = `<?php
$at = dirname(__DIR__, 3);
file_put_contents("$at/asked", json_encode(array_slice($argv, 1)) . "\\n", FILE_APPEND);
file_put_contents("$at/command-lines", file_get_contents('/proc/self/cmdline'), FILE_APPEND);
exit(in_array($argv[1], explode(',', getenv('FAKE_FAILS') ?: ''), true) ? 7 : 0);
`;
const fakeConsole = `<?php
$at = dirname(__DIR__, 3);
file_put_contents("$at/asked", json_encode(array_slice($_SERVER['argv'], 1)) . "\\n", FILE_APPEND);
file_put_contents("$at/command-lines", file_get_contents('/proc/self/cmdline'), FILE_APPEND);
if (getenv('FAKE_FAILS') === 'maintenance:install') { exit(1); }
file_put_contents("$at/config/config.php", "<?php \\$CONFIG = ['installed' => true, 'version' => '34.0.2.1'];");
exit(0);
`;

/** The directories of a pod: an image with code of that version, and a volume with data of another one. */
function pod({ code = "34.0.2.1", data }: { readonly code?: string; readonly data?: string } = {}): void {
  const at = (path: string): string => join(directory, path);
  for (const path of ["usr/src/nextcloud/apps/calendar", "config", "conf", "secrets"])
    mkdirSync(at(path), { recursive: true });
  writeFileSync(at("usr/src/nextcloud/version.php"), `<?php $OC_Version = [${code.replaceAll(".", ",")}];`);
  writeFileSync(at("usr/src/nextcloud/occ"), fakeOcc);
  writeFileSync(at("usr/src/nextcloud/console.php"), fakeConsole);
  writeFileSync(at("secrets/admin-password"), "administrators-secret");
  const ours = {
    dbname: "minagri_nextcloud",
    dbhost: "db:5432",
    dbuser: "minagri_nextcloud",
    dbpassword: "its-secret",
  };
  writeFileSync(at("config/zz-socle.config.php"), phpConfiguration(ours));
  if (data !== undefined) writeFileSync(at("config/config.php"), phpConfiguration({ installed: true, version: data }));
  for (const name of ["prepare.php", "settings.php"]) writeFileSync(at(`conf/${name}`), here(nextcloudFile(name)));
}

const lines = (name: string): readonly string[] => {
  const file = join(directory, name);
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
};
const asked = (): readonly (readonly string[])[] => lines("asked").map((line) => JSON.parse(line) as readonly string[]);
const names = (): readonly string[] =>
  asked().map(([command = "", ...words]) => [command, ...words.slice(0, 1)].join(" "));
const run = (name: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  php([join(directory, "conf", name)], environment);
const afterwards = [
  "db:add-missing-columns --no-interaction",
  "db:add-missing-indices --no-interaction",
  "db:add-missing-primary-keys --no-interaction",
];
const upgraded = ["upgrade --no-interaction", "maintenance:mode --off", ...afterwards];

describe.skipIf(typeof found === "string")("what prepares the data of Nextcloud", () => {
  it("installs where nothing is, and shows no secret to whoever lists processes", async () => {
    pod();
    expect(await run("prepare.php")).toMatchObject({ code: 0 });
    const [install] = asked();
    expect(install).toEqual(
      expect.arrayContaining([
        "maintenance:install",
        "--database=pgsql",
        "--database-pass=its-secret",
        "--admin-pass=administrators-secret",
        "--database-host=db:5432",
      ]),
    );
    expect(names().slice(1)).toEqual(afterwards);
    expect(lines("command-lines").join("")).not.toContain("secret");
    expect(lines("command-lines").join("")).toContain("install-here");
  });

  it.each([
    ["the same version", "34.0.2.1"],
    ["an older patch", "34.0.1.3"],
    ["the major version before", "33.0.7.1"],
  ])("brings data of %s up to its code, also after it was killed on the way", async (_what, data) => {
    pod({ data });
    expect(await run("prepare.php", { FAKE_FAILS: "db:add-missing-indices" })).toMatchObject({ code: 1 });
    expect(await run("prepare.php")).toMatchObject({ code: 0 });
    expect(names().slice(-5)).toEqual(upgraded);
  });

  it.each([
    ["an older one", "34.0.2.1", "34.0.3.0", "an older one cannot read them. Ask for 34.0.3.0"],
    ["one that leaves out a major version", "34.0.2.1", "32.0.9.1", "ask for a version 33 first"],
  ])("refuses %s with a sentence, and asks nothing of it", async (_what, code, data, says) => {
    pod({ code, data });
    const ran = await run("prepare.php");
    expect(ran.code).toBe(1);
    expect(ran.text).toContain(says);
    expect(asked()).toEqual([]);
  });

  it("says what to do where an installation fails, and does not go on", async () => {
    pod();
    const ran = await run("prepare.php", { FAKE_FAILS: "maintenance:install" });
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.text).toContain("restore the volume");
    expect(asked().length).toBe(1);
  });
});

describe.skipIf(typeof found === "string")("what sets Nextcloud up", () => {
  const apply = async (commands: readonly (readonly string[])[], fails = ""): Promise<Ran> => {
    pod();
    writeFileSync(join(directory, "conf/settings.json"), JSON.stringify(commands));
    return await run("settings.php", { FAKE_FAILS: fails });
  };

  it("hands every word to occ as it is, whatever characters are in it", async () => {
    const wild = fc.sample(hostile, { numRuns: 30 }).map((text) => text.replaceAll("\0", ""));
    const commands = wild.map((word) => ["theming:config", "--", "name", word]);
    expect(await apply(commands)).toMatchObject({ code: 0 });
    expect(asked()).toEqual(commands.map(([first, ...words]) => [first, "--no-interaction", ...words]));
  });

  it("makes one line, and no option, of a name that people chose", async () => {
    const wild = ["--help", "-1", "a\0b\nc", "é'\"$(id)"];
    const named = wild.flatMap((displayName) =>
      occCommands({ ...officeSettings, displayName }).filter(([, , key]) => key === "name"),
    );
    expect(await apply(named)).toMatchObject({ code: 0 });
    expect(asked().map((words) => words.slice(2))).toEqual([
      ["--", "name", "--help"],
      ["--", "name", "-1"],
      ["--", "name", "a b c"],
      ["--", "name", "é'\"$(id)"],
    ]);
  });

  it("names the app that an image lacks, and stops there", async () => {
    const ran = await apply([["app:enable", "calendar"], ["app:enable", "deck"], ["background:cron"]]);
    expect(ran.code).toBe(1);
    expect(ran.text).toContain("This image has no app deck");
    expect(asked().map(([, , app]) => app)).toEqual(["calendar"]);
  });

  it("stops at the first command that fails", async () => {
    expect(await apply([["a"], ["b"], ["c"]], "b")).toMatchObject({ code: 1 });
    expect(names()).toEqual(["a --no-interaction", "b --no-interaction"]);
  });
});

describe.skipIf(typeof found === "string")("a pod of Nextcloud", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  const serve = async (status: unknown): Promise<number> => {
    server = createServer((request, response) => {
      const isTrusted = request.headers.host === "drive.example" && request.url === "/status.php";
      response.end(isTrusted ? JSON.stringify(status) : "no");
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const fine = { installed: true, maintenance: false, needsDbUpgrade: false };

  it.each<[string, unknown, number]>([
    ["gets requests when it is at work", fine, 0],
    ["gets none before it is installed", { ...fine, installed: false }, 1],
    ["gets none in maintenance", { ...fine, maintenance: true }, 1],
    ["gets none before its tables are up to date", { ...fine, needsDbUpgrade: true }, 1],
    ["gets none when it says nothing", "no", 1],
    ["gets none when it says half", { installed: true }, 1],
  ])("%s", async (_what, status, code) => {
    const port = await serve(status);
    const script = join(directory, "ready.php");
    writeFileSync(script, nextcloudFile("ready.php").replace(":8080/", `:${port}/`));
    expect(await php([script, "drive.example"])).toMatchObject({ code });
    expect(await php([script, "other.example"])).toMatchObject({ code: 1 });
  });
});

describe.skipIf(typeof found === "string")("the way to what notifies, in the real Apache", () => {
  it("leads past its own path, for questions and for what stays open", async () => {
    const notifier = createServer((request, response) => response.end(request.url));
    notifier.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    });
    await new Promise<void>((resolve) => notifier.listen(0, "127.0.0.1", resolve));
    const { port: behind } = notifier.address() as AddressInfo;
    const [port = 0] = await choosePorts([undefined]);
    const configuration = join(directory, "push.conf");
    const text = nextcloudFile("push.conf")
      .replaceAll("/usr/lib/apache2/modules", programs.apacheModules)
      .replaceAll("127.0.0.1:7867", `127.0.0.1:${behind}`)
      .replace("Listen 8081", `Listen 127.0.0.1:${port}`)
      .replaceAll("/tmp", directory);
    writeFileSync(configuration, text);
    const checked = spawnSync(programs.apache, ["-t", "-f", configuration], { env: programs.environment });
    expect(checked.stderr.toString()).toBe("Syntax OK\n");
    // As in its pod: whoever is root is asked by Apache for another user.
    await giveToServers(root);
    const as = { env: programs.environment, ...serverUser() };
    const apache = spawn(programs.apache, ["-f", configuration, "-DFOREGROUND"], as);
    try {
      const answer = await eventually(
        async () => await (await fetch(`http://127.0.0.1:${port}/push/test/cookie`)).text(),
      );
      expect(answer).toBe("/test/cookie");
      expect((await fetch(`http://127.0.0.1:${port}/test/cookie`)).status).toBe(404);
      expect(await openSocket(port)).toMatch(/^HTTP\/1\.1 101 [\s\S]*hello$/);
    } finally {
      apache.kill("SIGTERM");
      notifier.closeAllConnections();
      notifier.close();
    }
  });
});

function openSocket(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(
        "GET /push/ws HTTP/1.1\r\nHost: drive.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
    });
    let text = "";
    socket.setTimeout(10_000, () => {
      reject(new Error(`Nothing more came after: ${text}`));
      socket.destroy();
    });
    socket.once("error", reject);
    socket.on("data", (part: Buffer) => {
      text += part.toString();
      if (!text.endsWith("hello")) return;
      resolve(text);
      socket.destroy();
    });
  });
}
