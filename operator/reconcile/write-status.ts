import { refOf } from "../../constructs/manifest.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../kube/kube-api.ts";
import { canonicalJson } from "./digest.ts";

export interface StatusWrite {
  readonly object: KubeObject & { readonly status?: unknown };
  readonly apiVersion: string;
  readonly kind: string;
  readonly status: unknown;
  readonly fieldManager: string;
}

/**
 * Writes a status by server-side apply, if it differs from the live one in anything. The uid goes along, so that a deleted
 * object is not written to under the name of a newcomer.
 */
export async function writeStatus<T extends KubeObject>(write: StatusWrite, kube: KubeApi, cache: ObjectCache<T>): Promise<boolean> {
  if (canonicalJson(write.object.status ?? {}) === canonicalJson(write.status)) return false;
  const { name, namespace } = refOf(write.object);
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), uid: write.object.metadata.uid };
  const manifest = { apiVersion: write.apiVersion, kind: write.kind, metadata, status: write.status };
  const written = await kube.apply<T>(manifest, { fieldManager: write.fieldManager, force: true, subresource: "status" });
  cache.noteWrite(written);
  return true;
}
