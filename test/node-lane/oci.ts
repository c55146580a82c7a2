import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Layer } from "./layers.ts";

/** An image: layers and what its container runs. */
export interface Image {
  /** Name with tag: "socle.test/postgresql:18.4". */
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  readonly environment?: readonly string[];
}

interface Blob {
  readonly bytes: Buffer;
  readonly digest: string;
}

const searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const mediaType = (kind: string): string => `application/vnd.oci.image.${kind}`;

function blob(value: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, digest: createHash("sha256").update(bytes).digest("hex") };
}

function descriptor(kind: string, of: { readonly digest: string; readonly size: number }): Record<string, unknown> {
  return { mediaType: mediaType(kind), digest: `sha256:${of.digest}`, size: of.size };
}

function configOf(image: Image): Blob {
  return blob({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: {
      User: image.user,
      Env: [searchPath, ...(image.environment ?? [])],
      Entrypoint: image.entrypoint,
      ...(image.command === undefined ? {} : { Cmd: image.command }),
      WorkingDir: image.workingDirectory ?? "/",
    },
    rootfs: { type: "layers", diff_ids: image.layers.map(({ digest }) => `sha256:${digest}`) },
    history: image.layers.map(() => ({ created_by: "socle node lane" })),
  });
}

function manifestOf(image: Image): { readonly manifest: Blob; readonly config: Blob } {
  const config = configOf(image);
  const manifest = blob({
    schemaVersion: 2,
    mediaType: mediaType("manifest.v1+json"),
    config: descriptor("config.v1+json", { digest: config.digest, size: config.bytes.length }),
    layers: image.layers.map((layer) => descriptor("layer.v1.tar", layer)),
  });
  return { manifest, config };
}

/** The image by tag and digest, as a manifest in production names it. */
export function referenceOf(image: Image): string {
  return `${image.name}@sha256:${manifestOf(image).manifest.digest}`;
}

/** Names under which a runtime looks the image up: it drops the tag of a reference that has a digest. */
function storedNames(image: Image): string[] {
  const digest = manifestOf(image).manifest.digest;
  return [image.name, `${image.name.replace(/:[^:/]+$/, "")}@sha256:${digest}`];
}

/**
 * Writes images as one OCI archive, which `ctr images import` reads. Works in `directory`, which must be on the file system of the layers. Layers that
 * the store is known to have are left out.
 */
export function writeArchive(images: readonly Image[], directory: string, inStore: readonly Layer[] = []): string {
  const layout = join(directory, "layout");
  const blobs = join(layout, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const manifests: unknown[] = [];
  for (const image of images) {
    const { manifest, config } = manifestOf(image);
    for (const one of [manifest, config]) writeFileSync(join(blobs, one.digest), one.bytes);
    const known = new Set(inStore.map(({ digest }) => digest));
    for (const layer of image.layers)
      if (!known.has(layer.digest) && !existsSync(join(blobs, layer.digest)))
        linkSync(layer.path, join(blobs, layer.digest));
    const entry = descriptor("manifest.v1+json", { digest: manifest.digest, size: manifest.bytes.length });
    for (const name of storedNames(image))
      manifests.push({ ...entry, annotations: { "io.containerd.image.name": name } });
  }
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  const archive = join(directory, "images.tar");
  // oci-layout first: importers look at it to know what the archive is.
  execFileSync("tar", ["-C", layout, "-cf", archive, "oci-layout", "index.json", "blobs"]);
  rmSync(layout, { recursive: true });
  return archive;
}
