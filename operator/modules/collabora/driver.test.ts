import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { fc } from "../../../test/support/fast-check.ts";
import { meteo } from "../../../test/support/meteo.ts";
import type { WebAnswer } from "../../systems/cluster-web.ts";
import type { DesiredModule, ModuleAccess, ModuleInput } from "../driver.ts";
import { collaboraDriver } from "./driver.ts";
import { officeOptions } from "./office-options.ts";

interface Wish {
  readonly size?: "XS" | "S" | "M" | "L" | "XL";
  readonly maxDocuments?: number;
  readonly httpsPort?: number;
  readonly gateway?: boolean;
  readonly files?: boolean;
}

/** What the driver reads of a tenant, its modules and a region. */
function input({ size, maxDocuments, httpsPort = 443, gateway, files }: Wish = {}): ModuleInput {
  const publishing =
    gateway === true
      ? { gatewayRef: { name: "public", listener: "https" } }
      : { className: "edge", tlsSecretRef: { name: "wildcard" } };
  return {
    tenant: meteo,
    module: {
      metadata: {},
      spec: {
        module: "Collabora",
        ...(size === undefined ? {} : { size }),
        ...(maxDocuments === undefined ? {} : { collabora: { maxDocuments } }),
      },
    },
    region: { metadata: { name: "north" }, spec: { ingress: { ...publishing, httpsPort, from: { cidrs: [] } } } },
    marker: "ours",
    cluster: { kinds: new Set(["HTTPRoute"]), apiServers: [] },
    siblings: files === false ? [] : [{ spec: { module: "Nextcloud" } }],
    live: [],
  } as unknown as ModuleInput;
}

const desired = (wish: Wish = {}): DesiredModule => collaboraDriver.desired(input(wish));
const manifests = (wish: Wish = {}): readonly Manifest[] => desired(wish).application?.workload.manifests ?? [];
const find = (wish: Wish, kind: string): Manifest | undefined => manifests(wish).find((one) => one.kind === kind);

interface Deployment {
  readonly replicas: number;
  readonly strategy: object;
  readonly template: {
    readonly spec: {
      readonly securityContext: object;
      readonly volumes?: unknown;
      readonly containers: readonly {
        readonly args: readonly string[];
        readonly env: readonly object[];
        readonly securityContext: object;
      }[];
    };
  };
}
const deployment = (wish: Wish = {}) => find(wish, "Deployment")?.["spec"] as Deployment;
const [container] = deployment().template.spec.containers;

describe("the driver of Collabora", () => {
  it("needs the files of the tenant, and keeps nothing", () => {
    expect(collaboraDriver.requires({ module: "Collabora" } as never)).toEqual(["Nextcloud"]);
    const { database, bucket, secrets, claims } = desired();
    expect([database, bucket, secrets]).toEqual([undefined, undefined, []]);
    expect(claims).toEqual([{ kind: "Hostname", value: "docs.meteo.example" }]);
    expect(deployment().template.spec.volumes).toBeUndefined();
  });

  it.each<[string, Wish, string | undefined]>([
    ["all is there", {}, undefined],
    ["the files are missing", { files: false }, "Module Nextcloud"],
    ["a Gateway would spread a document over pods", { gateway: true, maxDocuments: 101 }, "choose a larger size"],
    ["a larger size needs one pod", { gateway: true, maxDocuments: 101, size: "M" }, undefined],
    ["an ingress controller keeps a document in one pod", { maxDocuments: 101 }, undefined],
  ])("where %s says so", (_when, wish, says) => {
    const message = collaboraDriver.gap(input(wish))?.message;
    if (says === undefined) expect(message).toBeUndefined();
    else expect(message).toContain(says);
  });

  it.each<[Wish, number]>([
    [{}, 1],
    [{ maxDocuments: 100 }, 1],
    [{ maxDocuments: 101 }, 2],
    [{ maxDocuments: 1000, size: "XL" }, 2],
    [{ maxDocuments: 10_000, size: "XL" }, 13],
  ])("with %j has %i pods, and never an old one beside a new one", (wish, pods) => {
    expect(deployment(wish)).toMatchObject({ replicas: pods, strategy: { type: "Recreate" } });
  });

  it("lies alone in the office of the tenant, and takes of it what baseline lets it", () => {
    const all = [...manifests(), ...(desired().application?.route ?? [])];
    expect(new Set(all.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["t-meteo-office"]));
    expect(deployment().template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1001 });
    // https://kubernetes.io/docs/concepts/security/pod-security-standards/, Baseline, Capabilities.
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: true,
      readOnlyRootFilesystem: false,
      capabilities: { drop: ["ALL"], add: ["CHOWN", "FOWNER", "SYS_CHROOT"] },
    });
  });

  it("has one way out: to the pods that serve the tenant's files", () => {
    expect(
      manifests()
        .filter(({ kind }) => kind === "NetworkPolicy")
        .map(({ spec }) => spec),
    ).toEqual([
      {
        podSelector: {
          matchLabels: {
            "app.kubernetes.io/name": "collabora",
            "app.kubernetes.io/instance": "meteo",
            "app.kubernetes.io/component": "office",
          },
        },
        policyTypes: ["Egress"],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "t-meteo-apps" } },
                podSelector: {
                  matchLabels: {
                    "app.kubernetes.io/name": "nextcloud",
                    "app.kubernetes.io/instance": "meteo",
                    "app.kubernetes.io/component": "web",
                  },
                },
              },
            ],
            ports: [{ port: 8080, protocol: "TCP" }],
          },
        ],
      },
    ]);
  });

  it.each([
    [443, ""],
    [8443, ":8443"],
  ])(
    "with port %i takes documents of the tenant's own files alone, and tells nobody of anything",
    (httpsPort, port) => {
      const [{ args, env } = { args: [], env: [] }] = deployment({ httpsPort }).template.spec.containers;
      expect(env).toContainEqual({ name: "aliasgroup1", value: "http://nextcloud.t-meteo-apps.svc:8080" });
      expect(args).toEqual(
        expect.arrayContaining([
          `--o:server_name=docs.meteo.example${port}`,
          `--o:net.frame_ancestors=https://drive.meteo.example${port}`,
          "--o:storage.wopi.alias_groups[@mode]=groups",
          "--o:storage.filesystem[@allow]=false",
          "--o:ssl.enable=false",
          "--o:ssl.termination=true",
          "--o:admin_console.enable=false",
          "--o:fetch_update_check=0",
          "--o:feedback.show=false",
        ]),
      );
      expect(desired({ httpsPort }).url).toBe(`https://docs.meteo.example${port}`);
    },
  );

  it("says each option as one word, whatever characters are in a value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (host, frame) => {
        const words = officeOptions({ host, frame });
        expect(words.length).toBe(officeOptions({ host: "a", frame: "b" }).length);
        expect(words).toContain(`--o:server_name=${host}`);
        expect(words).toContain(`--o:net.frame_ancestors=${frame}`);
      }),
    );
  });

  it("sends everybody who works on a document to the same pod, and nobody to what is for administrators", () => {
    const [route] = desired().application?.route ?? [];
    expect(route?.metadata.annotations).toEqual({
      "nginx.ingress.kubernetes.io/upstream-hash-by": "$arg_WOPISrc",
      "haproxy.org/load-balance": "url_param WOPISrc",
      "haproxy-ingress.github.io/balance-algorithm": "url_param WOPISrc",
    });
    const { rules } = route?.["spec"] as {
      readonly rules: readonly {
        readonly http: {
          readonly paths: readonly {
            readonly path: string;
            readonly backend: { readonly service: { readonly name: string } };
          }[];
        };
      }[];
    };
    const behind = Object.fromEntries(
      rules[0]?.http.paths.map(({ path, backend }) => [path, backend.service.name]) ?? [],
    );
    expect(behind).toEqual({
      "/browser": "collabora",
      "/cool": "collabora",
      "/hosting/discovery": "collabora",
      "/hosting/capabilities": "collabora",
      "/browser/dist/admin": "collabora-closed",
      "/cool/adminws": "collabora-closed",
      "/cool/getMetrics": "collabora-closed",
      "/accessibilite.html": "collabora-accessibility",
    });
    const closed = manifests().find(({ kind, metadata }) => kind === "Service" && metadata.name === "collabora-closed");
    expect(closed?.["spec"]).not.toHaveProperty("selector");
  });
});

describe("Collabora", () => {
  const probe = (answer: WebAnswer) => {
    const get = (url: string) => {
      expect(url).toBe("http://collabora.t-meteo-office.svc:9980/hosting/discovery");
      return Promise.resolve(answer);
    };
    return collaboraDriver.probe(desired(), { get } as unknown as ModuleAccess, AbortSignal.timeout(1_000));
  };
  const discovery = (...hosts: readonly string[]): WebAnswer => ({
    status: 200,
    body: undefined,
    text: `<wopi-discovery>${hosts.map((host) => `<action ext="odt" urlsrc="https://${host}/browser/1/cool.html?"/>`).join("")}</wopi-discovery>`,
  });

  it("works when it opens documents at the tenant's own host", async () => {
    expect(await probe(discovery("docs.meteo.example", "docs.meteo.example"))).toEqual({
      ok: true,
      message: "https://docs.meteo.example opens documents of 2 kinds.",
    });
  });

  it.each<[string, WebAnswer, string]>([
    ["nobody answers", { status: 0, body: undefined }, "does not answer"],
    ["something else answers", { status: 404, body: undefined }, "answers 404"],
    ["it opens nothing", discovery(), "opens nothing"],
    ["it sends browsers elsewhere", discovery("docs.meteo.example", "evil.example"), "to https://evil.example"],
    ["it sends browsers to a longer name", discovery("docs.meteo.example.evil"), "not to https://docs.meteo.example"],
  ])("does not work when %s", async (_why, answer, says) => {
    const result = await probe(answer);
    expect(result.ok).toBe(false);
    expect(result.message).toContain(says);
  });
});
