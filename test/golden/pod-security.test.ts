import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../../constructs/manifest.ts";
import { podSecurityVersion } from "../../operator/policy/pod-security/controls.ts";
import { podsOf } from "../../operator/policy/pod-security/pods-of.ts";
import { podSecurityViolations } from "../../operator/policy/pod-security/violations.ts";

const directory = join(import.meta.dirname, "__golden__");
const objects = readdirSync(directory)
  .filter((file) => file.endsWith(".yaml"))
  .flatMap((file) =>
    parseAllDocuments(readFileSync(join(directory, file), "utf8"))
      .map((document) => document.toJS() as unknown as Manifest | null)
      // A golden file may hold something else than manifests.
      .filter((manifest): manifest is Manifest => manifest?.metadata !== undefined)
      .map((manifest) => ({ file, manifest, name: `${manifest.kind} ${manifest.metadata.name}` })),
  );
const workloads = objects.filter(({ manifest }) => podsOf(manifest).length > 0);
const isOffice = ({ metadata }: Manifest): boolean => metadata.namespace?.endsWith("-office") === true;
const violations = (level: "baseline" | "restricted", manifest: Manifest) =>
  podsOf(manifest).flatMap(({ pod, at }) => podSecurityViolations(level, pod, at));

describe("the pods of the golden files", () => {
  it("are those of each module that runs in the cluster", () => {
    expect([...new Set(workloads.map(({ file }) => file))]).toEqual(
      [
        "accessibility",
        "chart-socle-everything",
        "chart-socle",
        "collabora",
        "jitsi",
        "keycloak",
        "nextcloud",
        "open-project",
        "postgresql-statefulset",
        "synapse",
      ].map((name) => `${name}.yaml`),
    );
  });

  it("are judged by the version that their namespaces pin", () => {
    const namespaces = objects.filter(({ manifest }) => manifest.kind === "Namespace");
    const versions = namespaces.map(
      ({ manifest }) => manifest.metadata.labels?.["pod-security.kubernetes.io/enforce-version"],
    );
    expect([...new Set(versions)]).toEqual([podSecurityVersion]);
  });

  it.each(workloads)("of $name in $file break nothing that their namespace enforces", ({ manifest }) => {
    expect(violations(isOffice(manifest) ? "baseline" : "restricted", manifest)).toEqual([]);
  });

  it("are restricted but for those of the online office, which lack two things for it", () => {
    const [office, ...others] = workloads.filter(({ manifest }) => isOffice(manifest));
    expect(others).toEqual([]);
    const context = "spec.template.spec.containers[0].securityContext";
    expect(violations("restricted", office!.manifest).map(({ field, value }) => `${field} ${value}`)).toEqual([
      `${context}.capabilities.add[0] "CHOWN"`,
      `${context}.capabilities.add[1] "FOWNER"`,
      `${context}.capabilities.add[2] "SYS_CHROOT"`,
      `${context}.allowPrivilegeEscalation true`,
    ]);
  });
});
