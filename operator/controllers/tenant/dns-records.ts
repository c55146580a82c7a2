import { isIP } from "node:net";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { TenantScene } from "./scene.ts";

type DnsRecord = NonNullable<NonNullable<Tenant["status"]>["dnsRecords"]>[number];
/** As many as a status takes. */
const most = 64;

type Known = Pick<TenantScene, "tenant" | "region" | "modules" | "ingresses" | "routes" | "gateway">;

/**
 * What the ministry has to publish so that names lead where its suite is: as far as it is known. Of mail, what the region does not name is left out, and a
 * record that says too little is left mild: one that is too strict would lose mail.
 */
export function dnsRecords(scene: Known): readonly DnsRecord[] {
  return [...webRecords(scene), ...webmailRecords(scene)].slice(0, most);
}

interface Ingress {
  readonly spec?: { readonly rules?: readonly { readonly host?: string }[] };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

interface HttpRoute {
  readonly spec?: { readonly hostnames?: readonly string[] };
}

interface Gateway {
  readonly status?: { readonly addresses?: readonly { readonly type?: string; readonly value: string }[] };
}

/** A host, and an address or another name under which it is served. */
type Served = readonly [host: string, at: { readonly ip?: string | undefined; readonly hostname?: string | undefined }];

/** Each host, and where its ingress controller or Gateway says that it serves it. One that says nothing is known to its administrators alone. */
function webRecords(known: Known): DnsRecord[] {
  const records = [...servedByIngress(known), ...servedByGateway(known)].flatMap(([name, { ip, hostname }]) => [
    ...(ip === undefined ? [] : [{ name, type: isIP(ip) === 6 ? "AAAA" : "A", value: ip }]),
    ...(hostname === undefined ? [] : [{ name, type: "CNAME", value: `${hostname}.` }]),
  ]);
  const each = new Map(records.map((record) => [`${record.name} ${record.type} ${record.value}`, record]));
  return [...each]
    .filter(([, { name }]) => name !== "")
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, record]) => record);
}

function servedByIngress({ ingresses }: Known): Served[] {
  return (ingresses as readonly Ingress[]).flatMap(({ spec, status }) =>
    (spec?.rules ?? []).flatMap(({ host = "" }) =>
      (status?.loadBalancer?.ingress ?? []).map((at): Served => [host, at]),
    ),
  );
}

/** An address of an implementation's own type says nothing that a zone could hold. */
function servedByGateway({ routes, gateway }: Known): Served[] {
  const { addresses = [] } = (gateway as Gateway | undefined)?.status ?? {};
  const places = addresses.flatMap(({ type = "IPAddress", value }): Served[1][] =>
    type === "IPAddress" ? [{ ip: value }] : type === "Hostname" ? [{ hostname: value }] : [],
  );
  return (routes as readonly HttpRoute[]).flatMap(({ spec }) =>
    (spec?.hostnames ?? []).flatMap((host) => places.map((at): Served => [host, at])),
  );
}

/** The webmail is outside of the cluster: its host is another name for the server of the region, and no Ingress leads there. */
function webmailRecords({ tenant, region, modules }: Known): DnsRecord[] {
  const url = modules.find(({ spec }) => spec.module === "OpenXchange")?.status?.url;
  const suite = region?.spec.openXchange;
  if (url === undefined || suite === undefined) return [];
  const { mailHost, webHost = new URL(suite.url).hostname } = suite;
  const relay = region?.spec.smtp?.host;
  const senders = [...(mailHost === undefined ? [] : ["mx"]), ...(relay === undefined ? [] : [`a:${relay}`])];
  const ofDomain = (domain: string): DnsRecord[] => [
    ...(mailHost === undefined ? [] : [{ name: domain, type: "MX", value: `10 ${mailHost}.` }]),
    // RFC 7208: `~all`, since whatever else may send for the domain is not known here.
    ...(senders.length === 0 ? [] : [{ name: domain, type: "TXT", value: `v=spf1 ${senders.join(" ")} ~all` }]),
    // RFC 7489: no more than a request for attention before DKIM is published too; its keys are made where mail is signed.
    ...(senders.length === 0 ? [] : [{ name: `_dmarc.${domain}`, type: "TXT", value: "v=DMARC1; p=none" }]),
  ];
  return [
    { name: new URL(url).hostname, type: "CNAME", value: `${webHost}.` },
    ...(tenant.spec.mailDomains ?? []).flatMap(ofDomain),
  ];
}
