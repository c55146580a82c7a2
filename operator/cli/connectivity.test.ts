import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ran, recorded } from "../../test/support/recorded-command.ts";
import { type ConnectivityWish, runConnectivity } from "./connectivity.ts";
import { runExport } from "./export.ts";

const examples = join(import.meta.dirname, "../../examples");

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "connectivity-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const run = (wish: Partial<ConnectivityWish>, input = ""): Promise<Ran> =>
  recorded((streams) => runConnectivity({ filename: [directory], output: "text", ...wish }, streams), [input]);

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
};

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: shop, name: web }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web }] } } }
`;
const db = web.replace("Deployment", "StatefulSet").replaceAll("web", "db");
const policy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: closed }
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }] }]
  egress:
    - to: [{ podSelector: { matchLabels: { app: db } } }]
    - to: [{ ipBlock: { cidr: 192.0.2.0/24, except: [192.0.2.7/32] } }]
      ports: [{ port: 8000, endPort: 8010 }, { port: 53, protocol: UDP }]
`;

describe("socle policy connectivity", () => {
  it("prints a line for each pair of workloads and each range of addresses, and exits 0", async () => {
    file("shop.yaml", [web, db].join("---"));
    file("policies/closed.yml", policy);
    expect(await run({})).toEqual({
      code: 0,
      results: [
        "shop/Deployment/web => shop/StatefulSet/db : TCP 5432",
        "shop/Deployment/web => 192.0.2.0/24 except 192.0.2.7/32 : TCP 8000-8010; UDP 53",
        "shop/StatefulSet/db => 192.0.2.0/24 except 192.0.2.7/32 : TCP 8000-8010; UDP 53\n",
      ].join("\n"),
      remarks: "",
    });
  });

  it("prints the same for a program, with each range of ports", async () => {
    const { code, results } = await run({ filename: ["-"], output: "json" }, [web, db, policy].join("---"));
    expect(code).toBe(0);
    const block = { cidr: "192.0.2.0/24", except: ["192.0.2.7/32"] };
    const outside = [
      { protocol: "TCP", from: 8000, to: 8010 },
      { protocol: "UDP", from: 53, to: 53 },
    ];
    expect(JSON.parse(results)).toEqual({
      connections: [
        {
          from: { workload: "shop/Deployment/web" },
          to: { workload: "shop/StatefulSet/db" },
          ports: [{ protocol: "TCP", from: 5432, to: 5432 }],
        },
        { from: { workload: "shop/Deployment/web" }, to: block, ports: outside },
        { from: { workload: "shop/StatefulSet/db" }, to: block, ports: outside },
      ],
    });
  });

  it("reads the lists that kubectl and the API server print", async () => {
    const indented = (text: string): string => text.trim().replaceAll("\n", "\n    ");
    const list = (kind: string, text: string): string => `kind: ${kind}\nitems:\n  - ${indented(text)}\n`;
    const typed = `apiVersion: networking.k8s.io/v1\n${list("NetworkPolicyList", policy.replace(/apiVersion.*\nkind.*\n/, ""))}`;
    const { code, results } = await run(
      { filename: ["-"] },
      [list("List", web), list("List", db), typed].join("---\n"),
    );
    expect(code).toBe(0);
    expect(results.split("\n")[0]).toBe("shop/Deployment/web => shop/StatefulSet/db : TCP 5432");
  });

  it("reads what an export wrote, and finds no way from one tenant to another", async () => {
    const output = join(directory, "manifests");
    const wish = {
      ...{
        filename: ["region", "tenant-ministry", "tenant-commune"].map((name) => join(examples, `${name}.yaml`)),
        output,
        secrets: true,
        apiServer: [],
        cloudnativePg: true,
      },
      ...{ installation: "00000000-0000-0000-0000-000000000000", operatorUsername: "socle" },
    };
    expect(await recorded((streams) => runExport(wish, streams))).toMatchObject({ code: 0 });
    const { code, results, remarks } = await run({ filename: [output] });
    expect({ code, remarks }).toEqual({ code: 0, remarks: "" });
    const tenantsOf = (line: string): string[] =>
      [...line.matchAll(/(?:^|> )t-([a-z0-9]+)-/g)].map(([, tenant = ""]) => tenant);
    const lines = results.split("\n");
    expect(new Set(lines.flatMap(tenantsOf))).toEqual(new Set(["minagri", "valbelle"]));
    expect(lines.filter((line) => new Set(tenantsOf(line)).size > 1)).toEqual([]);
  });

  it("exits 2 without any output where a file is wrong, and names file, document, object and field", async () => {
    const path = file("shop.yaml", [web, db, policy.replace("except", "but")].join("---"));
    expect(await run({ filename: [path, "nowhere.yaml"] })).toEqual({
      code: 2,
      results: "",
      remarks: expect.stringMatching(
        /^nowhere\.yaml cannot be read: .*\n.*shop\.yaml, document 3: NetworkPolicy shop\/closed: spec\.egress\[1\]\.to\[0\]\.ipBlock\.but is no field of this kind; .*\n$/,
      ) as string,
    });
  });

  it("exits 2 where a file is no YAML, and shows nothing of its text", async () => {
    const { code, results, remarks } = await run({ filename: ["-"] }, `${web}---\npassword: "s3cret`);
    expect({ code, results }).toEqual({ code: 2, results: "" });
    expect(remarks).toContain("standard input, document 2 is no YAML: ");
    expect(remarks).not.toContain("s3cret");
  });

  it("exits 2 where another kind of policy would decide too", async () => {
    const cilium = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { namespace: shop, name: l7 }\n";
    const { code, results, remarks } = await run({ filename: ["-"] }, [web, db, cilium].join("---\n"));
    expect({ code, results }).toEqual({ code: 2, results: "" });
    expect(remarks).toContain("document 3: CiliumNetworkPolicy shop/l7 is of cilium.io/v2, which this program cannot");
  });

  it("exits 1 with a sentence where there is no workload", async () => {
    expect(await run({ filename: ["-"] }, policy)).toEqual({
      code: 1,
      results: "",
      remarks:
        "There is nothing to evaluate: no workload, such as a Deployment, is in -; name files that hold some (-f).\n",
    });
  });

  it("names on stderr the pods that no policy holds for", async () => {
    const host = web.replace("containers", "hostNetwork: true, containers").replaceAll("web", "probe");
    const { code, results, remarks } = await run({ filename: ["-"] }, [db, host].join("---"));
    expect(code).toBe(0);
    expect(remarks).toBe("Deployment shop/probe is left out: no NetworkPolicy holds in the network of a node.\n");
    expect(results).not.toContain("probe");
  });
});
