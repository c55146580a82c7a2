import { describe, expect, it } from "vitest";
import { liveModule, liveRegion, liveTenant } from "../../../test/support/live-objects.ts";
import type { KubeObject } from "../../kube/kube-api.ts";
import { dnsRecords } from "./dns-records.ts";

interface Wish {
  readonly suite?: Readonly<Record<string, string>>;
  readonly smtp?: boolean;
  readonly mailDomains?: readonly string[];
  readonly asked?: boolean;
  readonly named?: boolean;
}

function records({
  suite = {},
  smtp = false,
  mailDomains = ["agents.example"],
  asked = true,
  named = true,
}: Wish = {}) {
  const reference = { cidrs: ["10.0.0.1/32"], adminCredentialsSecretRef: { name: "ox" } };
  const openXchange = { url: "https://ox.example:8443/webservices", ...reference, ...suite };
  const relay = { host: "relay.example", from: "noreply@region.example", cidrs: ["10.0.0.2/32"] };
  const spec = { ...(named ? { openXchange } : {}), ...(smtp ? { smtp: relay } : {}) };
  const status = { observedGeneration: 1, url: "https://mail.meteo.example" };
  return dnsRecords({
    tenant: liveTenant("meteo", { spec: { mailDomains } }),
    region: liveRegion({ spec }),
    modules: [liveModule("OpenXchange", asked ? { status } : {})],
    ingresses: [],
    routes: [],
    gateway: undefined,
  });
}
const way = { name: "mail.meteo.example", type: "CNAME", value: "ox.example." };

describe("the records to publish for the webmail", () => {
  it("lead people to the App Suite of the region, and say of mail what the region names: nothing here", () => {
    expect(records()).toEqual([way]);
  });

  it("lead people to another host where the region names one", () => {
    expect(records({ suite: { webHost: "web.ox.example" } })).toEqual([{ ...way, value: "web.ox.example." }]);
  });

  it("bring mail for each domain to where it is taken, and name who sends it", () => {
    expect(
      records({ suite: { mailHost: "mx.ox.example" }, smtp: true, mailDomains: ["a.example", "b.example"] }),
    ).toEqual([
      way,
      ...["a.example", "b.example"].flatMap((name) => [
        { name, type: "MX", value: "10 mx.ox.example." },
        { name, type: "TXT", value: "v=spf1 mx a:relay.example ~all" },
        { name: `_dmarc.${name}`, type: "TXT", value: "v=DMARC1; p=none" },
      ]),
    ]);
  });

  it("name the relay alone as a sender where nobody says who takes mail", () => {
    expect(records({ smtp: true })).toContainEqual({
      name: "agents.example",
      type: "TXT",
      value: "v=spf1 a:relay.example ~all",
    });
    expect(records({ smtp: true }).some(({ type }) => type === "MX")).toBe(false);
  });

  it("are none before the module was looked at, and none where the region has no App Suite", () => {
    expect(records({ asked: false })).toEqual([]);
    expect(records({ named: false })).toEqual([]);
  });

  it("are no more than a status takes", () => {
    const mailDomains = Array.from({ length: 32 }, (_, index) => `d${index}.example`);
    expect(records({ suite: { mailHost: "mx.ox.example" }, mailDomains })).toHaveLength(64);
  });
});

describe("the records to publish for what is served in the cluster", () => {
  const ingress = (hosts: readonly string[], addresses?: readonly object[]): KubeObject => ({
    ...liveIngress,
    spec: { rules: hosts.map((host) => ({ host })) },
    status: addresses === undefined ? {} : { loadBalancer: { ingress: addresses } },
  });
  const liveIngress: KubeObject = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "synapse", namespace: "t-meteo-apps", uid: "u", resourceVersion: "1" },
  };
  const told = (...ingresses: readonly KubeObject[]) => dnsRecords({ ...nothing, ingresses });
  const nothing = {
    tenant: liveTenant("meteo"),
    region: liveRegion(),
    modules: [],
    ingresses: [],
    routes: [],
    gateway: undefined,
  };
  const metadata = { name: "public", namespace: "socle-system", uid: "u", resourceVersion: "1" };
  const gateway = (addresses: readonly object[]): KubeObject => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata,
    status: { addresses },
  });
  const route: KubeObject = { ...gateway([]), kind: "HTTPRoute", spec: { hostnames: ["drive.meteo.example"] } };

  it("lead each host to where its ingress controller serves it, once", () => {
    const [first, second] = [
      ["matrix.meteo.example", "meteo.example"],
      ["chat.meteo.example", "meteo.example"],
    ];
    const at = [{ ip: "192.0.2.7" }, { ip: "2001:db8::7" }];
    const lead = (name: string) => [
      { name, type: "A", value: "192.0.2.7" },
      { name, type: "AAAA", value: "2001:db8::7" },
    ];
    expect(told(ingress(first, at), ingress(second, at))).toEqual(
      ["chat.meteo.example", "matrix.meteo.example", "meteo.example"].flatMap(lead),
    );
  });

  it("are other names for a load balancer that has a name", () => {
    expect(told(ingress(["drive.meteo.example"], [{ hostname: "lb.provider.example" }]))).toEqual([
      { name: "drive.meteo.example", type: "CNAME", value: "lb.provider.example." },
    ]);
  });

  it("are none as long as nobody says where it is served", () => {
    expect(told(ingress(["drive.meteo.example"]))).toEqual([]);
  });

  it("lead each host of a route to where the Gateway of the region is served", () => {
    const addresses = [
      { type: "IPAddress", value: "192.0.2.7" },
      { value: "2001:db8::7" },
      { type: "Hostname", value: "lb.provider.example" },
      { type: "provider.example/internal", value: "opaque" },
    ];
    const name = "drive.meteo.example";
    expect(dnsRecords({ ...nothing, routes: [route], gateway: gateway(addresses) })).toEqual([
      { name, type: "A", value: "192.0.2.7" },
      { name, type: "AAAA", value: "2001:db8::7" },
      { name, type: "CNAME", value: "lb.provider.example." },
    ]);
  });

  it("are none as long as a Gateway has no address, and none without a route", () => {
    expect(dnsRecords({ ...nothing, routes: [route], gateway: gateway([]) })).toEqual([]);
    expect(dnsRecords({ ...nothing, routes: [route] })).toEqual([]);
    expect(dnsRecords({ ...nothing, gateway: gateway([{ value: "192.0.2.7" }]) })).toEqual([]);
  });
});
