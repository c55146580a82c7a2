import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { cloudNativePg } from "../../constructs/postgresql/cluster-input.ts";
import { gatewayApi } from "../../constructs/public-route.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import { configSchema, operatorSubject } from "../config.ts";
import { fileName } from "../export/export-order.ts";
import { type FileObjects, fileObjects } from "../export/file-objects.ts";
import { placeholder } from "../export/placeholder-secret.ts";
import { type AssumedCluster, exportTenant, type TenantExport } from "../export/tenant-export.ts";
import { yamlText } from "../reconcile/yaml-text.ts";
import { isExported, type TenantFiles, writeExport } from "./export-directory.ts";
import { readSources } from "./file-sources.ts";
import { exitCode, type FileStreams } from "./terminal.ts";

/** What the person asked an export for. */
export interface ExportWish {
  readonly filename: readonly string[];
  readonly tenant?: string;
  /** Directory to write to; absent = print. */
  readonly output?: string;
  readonly secrets: boolean;
  readonly apiServer: AssumedCluster["apiServers"];
  readonly cloudnativePg: boolean;
  readonly installation: string;
  readonly operatorUsername: string;
  readonly trustBundle?: string;
}

interface Exported extends TenantExport {
  readonly tenant: Tenant;
}

/**
 * Prints or writes what the operator would make for the tenants of these files; asks no cluster. Exit code 2 where something in the files is
 * wrong, and then there is no output at all; 3 where a module is left out. Throws Error where the files cannot be written.
 */
export async function runExport(wish: ExportWish, { input, results, remarks }: FileStreams): Promise<number> {
  const remark = (lines: readonly string[]): void => void lines.map((line) => remarks.write(`${line}\n`));
  const sources = await readSources(wish.filename, input);
  // What an earlier export wrote may lie below the directory that this one is made from.
  const objects = fileObjects(sources.texts.filter(({ text }) => !isExported(text)));
  const trust = trustBundle(wish.trustBundle);
  const chosen = chosenTenants(objects, wish);
  const problems = [...sources.problems, ...objects.problems, ...trust.problems];
  // Who mends a file that cannot be read need not be told that its tenant is missing.
  if (problems.length === 0) problems.push(...chosen.problems);
  if (problems.length > 0) {
    remark(problems);
    return exitCode.usage;
  }
  const exports = chosen.pairs.map(([tenant, region]) => exported([tenant, region], assumedCluster(wish, trust.pem)));
  if (objects.others.length > 0) remark([`No part of an export: ${objects.others.join(", ")}.`]);
  for (const { tenant, notes, leftOut } of exports)
    remark([...notes, ...leftOut].map((line) => `Tenant ${tenant.metadata.name}: ${line}`));
  if (wish.output === undefined) results.write(printed(exports, wish));
  else results.write(`${writtenTo(wish.output, exports, wish)}\n`);
  return exports.some(({ leftOut }) => leftOut.length > 0) ? exitCode.notWell : exitCode.done;
}

interface Chosen {
  readonly pairs: readonly (readonly [Tenant, SovereignRegion])[];
  readonly problems: readonly string[];
}

/** The tenants to export, by name, each with its region. */
export function chosenTenants(
  { tenants, regions }: FileObjects,
  { tenant: only, filename }: Pick<ExportWish, "tenant" | "filename">,
): Chosen {
  const names = [...tenants.keys()].sort();
  const from = filename.join(", ");
  if (names.length === 0)
    return { pairs: [], problems: [`No Tenant is in ${from}; name the file that holds one (-f).`] };
  if (only !== undefined && !tenants.has(only))
    return { pairs: [], problems: [`Tenant ${only} is not in ${from}, which holds ${names.join(", ")}.`] };
  const [pairs, problems]: [(readonly [Tenant, SovereignRegion])[], string[]] = [[], []];
  for (const [name, tenant] of [...tenants].sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (only !== undefined && name !== only) continue;
    const region = regions.get(tenant.spec.regionRef.name);
    if (region !== undefined) pairs.push([tenant, region]);
    else
      problems.push(
        `Tenant ${name} lives in SovereignRegion ${tenant.spec.regionRef.name} (spec.regionRef), which is not in ${from}; add the file that holds it (-f).`,
      );
  }
  return { pairs, problems };
}

function exported([tenant, region]: readonly [Tenant, SovereignRegion], assumed: AssumedCluster): Exported {
  try {
    return { tenant, ...exportTenant(tenant, region, assumed) };
  } catch (error) {
    // What only rules of the API server would refuse, such as an address that is none.
    const [name, where] = [tenant.metadata.name, region.metadata.name];
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`Tenant ${name} of SovereignRegion ${where} cannot be made as the files say: ${message}.`, {
      cause: error,
    });
  }
}

/** What a cluster is taken to be of which nothing is said. */
export const noCluster: Pick<ExportWish, "apiServer" | "cloudnativePg" | "installation" | "operatorUsername"> = {
  apiServer: [],
  cloudnativePg: true,
  installation: "00000000-0000-0000-0000-000000000000",
  operatorUsername: configSchema.shape.SOCLE_USERNAME.parse(undefined),
};

export function assumedCluster(wish: typeof noCluster, trustBundle: string | undefined): AssumedCluster {
  return {
    installation: wish.installation,
    kinds: new Set([...(wish.cloudnativePg ? cloudNativePg.kinds : []), ...gatewayApi.kinds].map(({ kind }) => kind)),
    apiServers: wish.apiServer,
    operatorNamespace: configSchema.shape.SOCLE_NAMESPACE.parse(undefined),
    operatorSubject: operatorSubject(wish.operatorUsername),
    trustBundle,
  };
}

function trustBundle(file: string | undefined): { readonly pem?: string; readonly problems: readonly string[] } {
  if (file === undefined) return { problems: [] };
  try {
    const pem = readFileSync(file, "utf8");
    if (pem.includes("PRIVATE KEY")) return { problems: [`${file} holds a private key; give certificates only.`] };
    new X509Certificate(pem);
    return { pem, problems: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problems: [`${file} holds no certificate in PEM (--trust-bundle): ${message}.`] };
  }
}

const warning = `# Secrets hold ${placeholder} for what the operator would generate; their annotations say how. Replace it first: over a Secret in use it locks the tenant out.\n`;

function manifestsOf({ manifests }: Exported, { secrets }: ExportWish): TenantExport["manifests"] {
  return secrets ? manifests : manifests.filter(({ kind }) => kind !== "Secret");
}

function printed(exports: readonly Exported[], wish: ExportWish): string {
  const documents = exports.flatMap((one) => {
    const { metadata, spec } = one.tenant;
    const title = `# Tenant ${metadata.name} in region ${spec.regionRef.name}, as the operator would make it.\n`;
    return manifestsOf(one, wish).map((manifest, index) => (index === 0 ? title : "") + yamlText(manifest));
  });
  return (wish.secrets ? warning : "") + documents.map((document) => `---\n${document}`).join("");
}

function writtenTo(directory: string, exports: readonly Exported[], wish: ExportWish): string {
  const files = new Map(
    exports.map((one): [string, TenantFiles] => [
      one.tenant.metadata.name,
      new Map(
        manifestsOf(one, wish).map((manifest) => [
          fileName(manifest),
          (manifest.kind === "Secret" ? warning : "") + yamlText(manifest),
        ]),
      ),
    ]),
  );
  const { written, unchanged, removed } = writeExport(directory, files, wish.tenant);
  return `${directory}: ${written} files written, ${unchanged} as they were, ${removed} removed.`;
}
