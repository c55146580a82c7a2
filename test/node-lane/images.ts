import {
  chmodSync,
  chownSync,
  globSync,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { cacheKey, type Progress } from "../servers/cache.ts";
import { findJava, type Java } from "../servers/java.ts";
import { distributionIngredients, keycloakDistribution, keycloakVersion } from "../servers/keycloak-distribution.ts";
import { postgresBinaries, postgresVersion } from "../servers/postgres-binaries.ts";
import { python, pythonVersion, synapsePackages, synapseVersion } from "../servers/synapse-distribution.ts";
import { corednsVersion, nodeBinaries } from "./binaries.ts";
import { fakeProConnectImage } from "./fake-proconnect-image.ts";
import type { HostTools } from "./host.ts";
import { contentDigest, copyFiles, copyTree, fingerprint, type Layer, makeLayer, withLibraries } from "./layers.ts";
import { nginxProgram } from "./nginx-program.ts";
import { lockedPackages } from "./npm-packages.ts";
import type { Image } from "./oci.ts";

const root = join(import.meta.dirname, "..", "..");
/** The Node of the checkout, whichever runs this. */
const nodeProgram = join(root, "node_modules", "node", "bin", "node");

/** The images of the node: for each program the paths, the user and the command of its public image. */
export interface NodeImages {
  /** They change with versions only. */
  readonly lasting: {
    readonly pause: Image;
    readonly coredns: Image;
    readonly postgresql: Image;
    readonly keycloak: Image;
    readonly synapse: Image;
    /** No registry of packages has Element Web: this is a page that says so, served as the real files would be. */
    readonly fakeElementWeb: Image;
    /** All of the operator's image but its own code. */
    readonly runtime: Image;
  };
  /** The operator of this checkout: changes with every edit. */
  readonly socle: Image;
  /** What stands for ProConnect, of this checkout as well. */
  readonly fakeProConnect: Image;
}

/** Makes what is missing of the images from Debian, npm, Maven Central and the Go module proxy. */
export async function nodeImages(tools: HostTools, progress: Progress): Promise<NodeImages> {
  const binaries = await nodeBinaries(progress);
  const postgres = await postgresBinaries(progress);
  const java = await findJava();
  const keycloak = await keycloakDistribution(java, progress);
  const own = await ownLayer(binaries, progress);
  const base = await baseLayer(java, progress);
  const name = (program: string, tag: string): string => `images.socle.test/${program}:${tag}`;
  const major = Number.parseInt(postgresVersion(), 10);
  const lasting = {
    pause: { name: name("pause", "1"), layers: [own], user: "65535:65535", entrypoint: ["/pause"] },
    coredns: { name: name("coredns", corednsVersion), layers: [own], user: "65532:65532", entrypoint: ["/coredns"] },
    postgresql: {
      name: name("postgresql", postgresVersion().split(".", 2).join(".")),
      layers: [base, await postgresLayer({ postgres, psql: tools.psql, major }, progress)],
      user: "26:26",
      entrypoint: [],
      command: ["postgres"],
      environment: [
        `PATH=/usr/lib/postgresql/${major}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        "LANG=C.UTF-8",
        `PG_MAJOR=${major}`,
        "PGDATA=/var/lib/postgresql/data",
      ],
    },
    keycloak: {
      name: name("keycloak", keycloakVersion),
      layers: [base, await javaLayer(java, progress), await keycloakLayer(keycloak, progress)],
      user: "1000:0",
      entrypoint: ["/opt/keycloak/bin/kc.sh"],
      // It lives for minutes: what the second compiler spends on it, it never earns.
      environment: [`JAVA_HOME=${javaHome(java)}`, "LANG=en_US.UTF-8", "JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1"],
    },
    synapse: {
      name: name("synapse", `v${synapseVersion()}`),
      layers: [base, await pythonLayer(progress), await synapseLayer(progress)],
      user: "991:991",
      entrypoint: ["python3", "-m", "synapse.app.homeserver"],
      environment: ["LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"],
    },
    fakeElementWeb: {
      name: name("fake-element-web", "1"),
      layers: [base, await nginxLayer(await nginxProgram(progress), progress), await fakeElementLayer(progress)],
      user: "10004:10004",
      entrypoint: [],
      command: ["nginx"],
      environment: ["PATH=/usr/sbin:/usr/bin:/bin"],
    },
    runtime: await runtimeImage(name("socle-runtime", "checkout"), base, progress),
  } satisfies NodeImages["lasting"];
  return {
    lasting,
    socle: await socleImage(name("socle", "checkout"), lasting.runtime, progress),
    fakeProConnect: await fakeProConnectImage(name("fake-proconnect", "checkout"), lasting.runtime, progress),
  };
}

async function ownLayer(binaries: string, progress: Progress): Promise<Layer> {
  return await makeLayer({ name: "coredns", ingredients: [basename(binaries)] }, progress, (at) => {
    execFileSync("cp", [join(binaries, "coredns"), join(binaries, "pause"), at]);
  });
}

/** What start scripts and probes of the images call. */
const shellPrograms = (
  "bash cat chmod chown cp cut date dirname basename env find grep head id ln ls mkdir mktemp mv printf readlink realpath rm " +
  "sed seq sleep sort stat tail tee test touch tr true uname wc xargs"
).split(" ");

const users = [
  "root:x:0:0:root:/root:/bin/bash",
  "postgres:x:26:26:PostgreSQL:/var/lib/postgresql:/bin/bash",
  "keycloak:x:1000:0:Keycloak:/opt/keycloak:/bin/bash",
  "synapse:x:991:991:Synapse:/data:/bin/false",
  "nonroot:x:65532:65532:nonroot:/home/nonroot:/bin/false",
  "nobody:x:65534:65534:nobody:/nonexistent:/bin/false",
];
const groups = ["root:x:0:", "postgres:x:26:", "synapse:x:991:", "nonroot:x:65532:", "nogroup:x:65534:"];

/** glibc, a shell with its everyday programs, certificates, time zones and users: what every image stands on. */
async function baseLayer(java: Java, progress: Progress): Promise<Layer> {
  const programs = shellPrograms.flatMap((name) => globSync(`/usr/bin/${name}`));
  const foreign = [nodeProgram, join(java.home, "bin", "java"), join(java.home, "lib", "server", "libjvm.so")];
  const inside = (file: string): boolean => [...foreign, java.home].some((path) => file.startsWith(path));
  const nameService = globSync("/usr/lib/*-linux-gnu/libnss_{dns,files}.so.2");
  const files = withLibraries([...programs, ...foreign, ...nameService]).filter((file) => !inside(file));
  const certificates = "/etc/ssl/certs/ca-certificates.crt";
  const ingredients = [...fingerprint([...files, certificates, "/usr/share/zoneinfo"]), ...users, ...groups];
  return await makeLayer({ name: "base", ingredients }, progress, (at) => {
    for (const directory of ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc", "proc", "sys", "dev", "run", "root"])
      mkdirSync(join(at, directory), { recursive: true });
    for (const link of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${link}`, join(at, link));
    copyFiles([...files, certificates], at);
    symlinkSync("bash", join(at, "usr/bin/sh"));
    copyTree(["/usr/share/zoneinfo/."], join(at, "usr/share/zoneinfo"));
    writeFileSync(join(at, "etc/passwd"), `${users.join("\n")}\n`);
    writeFileSync(join(at, "etc/group"), `${groups.join("\n")}\n`);
    writeFileSync(join(at, "etc/nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n");
    mkdirSync(join(at, "var"));
    symlinkSync("/run", join(at, "var/run"));
    makeOwned(join(at, "tmp"), { mode: 0o1777 });
    makeOwned(join(at, "var/tmp"), { mode: 0o1777 });
    makeOwned(join(at, "home/nonroot"), { uid: 65532, gid: 65532 });
  });
}

function makeOwned(path: string, rights: { mode?: number; uid?: number; gid?: number }): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, rights.mode ?? 0o755);
  chownSync(path, rights.uid ?? 0, rights.gid ?? 0);
}

/** The npm package has the server and no client programs; psql and pg_isready come from Debian. */
async function postgresLayer(
  { postgres, psql, major }: { readonly postgres: string; readonly psql: string; readonly major: number },
  progress: Progress,
): Promise<Layer> {
  const clients = [psql, join(dirname(psql), "pg_isready")];
  const servers = ["postgres", "initdb", "pg_ctl"].map((name) => join(postgres, "bin", name));
  const libraries = withLibraries([...clients, ...servers]).filter(
    (file) => !clients.includes(file) && !file.startsWith(postgres),
  );
  const ingredients = [basename(dirname(postgres)), ...fingerprint([...clients, ...libraries])];
  return await makeLayer({ name: "postgresql", ingredients }, progress, (at) => {
    const home = join(at, "usr/lib/postgresql", String(major));
    copyTree(
      ["bin", "lib", "share"].map((part) => join(postgres, part)),
      home,
    );
    for (const file of globSync(join(home, "lib/*.a"))) rmSync(file);
    execFileSync("cp", ["--preserve=mode", "--dereference", ...clients, join(home, "bin")]);
    copyFiles(libraries, at);
    makeOwned(join(at, "var/lib/postgresql"), { uid: 26, gid: 26 });
    makeOwned(join(at, "run/postgresql"), { uid: 26, gid: 26, mode: 0o775 });
  });
}

function javaHome(java: Java): string {
  return `/usr/lib/jvm/java-${java.major}`;
}

/** A JDK without what only developers need. */
async function javaLayer(java: Java, progress: Progress): Promise<Layer> {
  return await makeLayer({ name: `java-${java.major}`, ingredients: [java.home, java.version] }, progress, (at) => {
    const home = join(at, javaHome(java));
    const parts = ["bin", "conf", "legal", "lib", "release"].map((part) => join(java.home, part));
    mkdirSync(home, { recursive: true });
    // Debian's JDKs have links to files outside of them, such as the certificates that they trust.
    execFileSync("cp", ["-R", "--dereference", "--preserve=mode", ...parts, home]);
    for (const file of ["lib/src.zip", "lib/ct.sym"]) rmSync(join(home, file), { force: true });
    mkdirSync(join(at, "usr/bin"), { recursive: true });
    symlinkSync(join(javaHome(java), "bin/java"), join(at, "usr/bin/java"));
  });
}

/** Debian's Python with its standard library, tests and builders left out. */
async function pythonLayer(progress: Progress): Promise<Layer> {
  const version = await pythonVersion();
  const library = `/usr/lib/python${version}`;
  const program = realpathSync(python);
  const modules = globSync(`${library}/lib-dynload/*.so`);
  const libraries = withLibraries([program, ...modules]).filter((file) => !modules.includes(file));
  const ingredients = fingerprint([library, ...libraries]);
  return await makeLayer({ name: `python-${version}`, ingredients }, progress, (at) => {
    copyFiles(libraries, at);
    for (const name of ["python3", "python"]) symlinkSync(basename(program), join(at, "usr/bin", name));
    copyTree([`${library}/.`], join(at, library));
    for (const left of ["test", "idlelib", "lib2to3", "turtledemo", "ensurepip"])
      rmSync(join(at, library, left), { recursive: true, force: true });
  });
}

/** Where Debian's Python looks for what it did not bring itself. */
async function synapseLayer(progress: Progress): Promise<Layer> {
  const packages = await synapsePackages(progress);
  const version = await pythonVersion();
  return await makeLayer({ name: "synapse", ingredients: [basename(dirname(packages))] }, progress, (at) => {
    copyTree([`${packages}/.`], join(at, `usr/local/lib/python${version}/dist-packages`));
    makeOwned(join(at, "data"), { uid: 991, gid: 991 });
  });
}

async function nginxLayer(program: string, progress: Progress): Promise<Layer> {
  const libraries = withLibraries([program]).filter((file) => file !== program);
  return await makeLayer({ name: "nginx", ingredients: fingerprint([program, ...libraries]) }, progress, (at) => {
    copyFiles(libraries, at);
    mkdirSync(join(at, "usr/sbin"), { recursive: true });
    execFileSync("cp", ["--preserve=mode", "--dereference", program, join(at, "usr/sbin/nginx")]);
    mkdirSync(join(at, "etc/nginx"), { recursive: true });
    const types = "types {\n  text/html html;\n  application/json json;\n}\n";
    writeFileSync(join(at, "etc/nginx/mime.types"), types);
  });
}

const fakePage = `<!doctype html>
<html lang="fr">
<meta charset="utf-8">
<title>FAKE Element Web</title>
<h1>FAKE Element Web</h1>
<p>This page stands where the files of Element Web would be: no registry of packages has them.
</html>
`;

async function fakeElementLayer(progress: Progress): Promise<Layer> {
  return await makeLayer({ name: "fake-element-web", ingredients: [fakePage] }, progress, (at) => {
    mkdirSync(join(at, "app"), { recursive: true });
    writeFileSync(join(at, "app/index.html"), fakePage);
  });
}

async function keycloakLayer(home: string, progress: Progress): Promise<Layer> {
  return await makeLayer({ name: "keycloak", ingredients: distributionIngredients() }, progress, (at) => {
    mkdirSync(join(at, "opt"), { recursive: true });
    copyTree([`${home}/.`], join(at, "opt/keycloak"), "1000:0");
  });
}

async function runtimeImage(name: string, base: Layer, progress: Progress): Promise<Image> {
  const runtime = Object.entries(lockedPackages()).filter(
    ([path, one]) => path !== "" && one.dev !== true && one.optional !== true,
  );
  const nodeLayer = await makeLayer({ name: "node", ingredients: fingerprint([nodeProgram]) }, progress, (at) => {
    mkdirSync(join(at, "usr/local/bin"), { recursive: true });
    execFileSync("cp", ["--preserve=mode", nodeProgram, join(at, "usr/local/bin/node")]);
  });
  const versions = runtime.map(([path, { version }]) => `${path} ${version ?? ""}`);
  const modules = await makeLayer({ name: "node-modules", ingredients: versions }, progress, (at) => {
    for (const [path] of runtime) copyTree([`${join(root, path)}/.`], join(at, "opt/socle", path));
  });
  return {
    name,
    layers: [base, nodeLayer, modules],
    user: "65532:65532",
    entrypoint: ["node"],
    workingDirectory: "/opt/socle",
    environment: ["NODE_ENV=production", "HOME=/home/nonroot"],
  };
}

async function socleImage(name: string, runtime: Image, progress: Progress): Promise<Image> {
  const files = operatorFiles();
  const source = await makeLayer({ name: "operator", ingredients: [contentDigest(root, files)] }, progress, (at) => {
    const home = join(at, "opt/socle");
    mkdirSync(home, { recursive: true });
    execFileSync("cp", ["--parents", "--preserve=mode", ...files, home], { cwd: root });
  });
  return { ...runtime, name, layers: [...runtime.layers, source], entrypoint: ["node", "operator/main.ts"] };
}

/** What the operator is made of, tests left out. */
function operatorFiles(): string[] {
  return globSync("{operator,crds,constructs}/**", { cwd: root })
    .filter((file) => !file.endsWith(".test.ts") && statSync(join(root, file)).isFile())
    .concat("package.json")
    .toSorted();
}

/** Name of a cache entry that holds exactly these images. */
export function imagesKey(references: readonly string[]): string {
  return cacheKey("node-images", references.toSorted());
}
