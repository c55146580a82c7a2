import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CertificateAuthority } from "../control-plane/certificates.ts";
import { IngressCertificates, type TlsSecret } from "./ingress-certificates.ts";
import { type CertifiedSite, loadableSites, nginxConfiguration } from "./ingress-configuration.ts";
import {
  type EndpointSlice,
  hostsOf,
  type Ingress,
  type IngressWorld,
  keyOf,
  publication,
  type Service,
} from "./ingress-routes.ts";
import { IngressServer } from "./ingress-server.ts";
import { ingressClass, network } from "./layout.ts";
import { AgentApi, WatchedKind } from "./watch.ts";
import { whenChanged } from "./when-changed.ts";

/** The cluster's ingress controller: makes nginx serve what the Ingresses of the lane's class say. */
const [, , pki = "", program = "nginx", portText = "", authorityFile = ""] = process.argv;
/** In the memory of the node: the keys of the certificates never reach a disk. */
const directory = "/run/ingress";

const server = new IngressServer(program, directory);
const authority = await CertificateAuthority.create("socle-lane-ingress");
const certificates = new IngressCertificates(authority, `${directory}/tls`);
const place = {
  address: network.ingressAddress,
  port: Number(portText),
  directory,
  defaultCertificate: await certificates.default(),
};
let inForce = nginxConfiguration([], place);
const problem = await server.problemOf(inForce);
if (problem !== undefined) throw new Error(`nginx cannot run here: ${problem}`);
await server.serve(inForce);
mkdirSync(dirname(authorityFile), { recursive: true });
writeFileSync(authorityFile, authority.pem);

const api = new AgentApi(pki);
const changed = whenChanged(publish);
const networking = "/apis/networking.k8s.io/v1";
const ingresses = new WatchedKind<Ingress>(api, `${networking}/ingresses`, changed);
const services = new WatchedKind<Service>(api, "/api/v1/services", changed);
const slices = new WatchedKind<EndpointSlice>(api, "/apis/discovery.k8s.io/v1/endpointslices", changed);
const secrets = new WatchedKind<TlsSecret>(api, "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls", changed);

async function publish(): Promise<void> {
  if (![ingresses, services, slices, secrets].every(({ synced }) => synced)) return;
  const world: IngressWorld = {
    className: ingressClass,
    ingresses: ingresses.all,
    services: services.all,
    slices: slices.all,
  };
  const { sites, taken, complaints } = publication(world);
  const byName = new Map(secrets.all.map((secret) => [keyOf(secret), secret]));
  const certified: CertifiedSite[] = [];
  const unused: string[] = [];
  for (const site of sites) {
    const { file, complaints: ofCertificate } = await certificates.forSite(site, byName);
    certified.push({ ...site, certificate: file });
    unused.push(...ofCertificate);
  }
  const { good, refused } = await loadableSites(certified, problemOf);
  complain([...complaints, ...unused, ...refused]);
  await serve(good);
  const served = new Set(good.map(({ host }) => host));
  for (const ingress of taken) if (hostsOf(ingress).every((host) => served.has(host))) await tellAddress(ingress);
}

async function problemOf(sites: readonly CertifiedSite[]): Promise<string | undefined> {
  const configuration = nginxConfiguration(sites, place);
  return configuration === inForce ? undefined : await server.problemOf(configuration);
}

async function serve(sites: readonly CertifiedSite[]): Promise<void> {
  const configuration = nginxConfiguration(sites, place);
  if (configuration === inForce) return;
  await server.serve(configuration);
  inForce = configuration;
  certificates.keepOnly(new Set(sites.map(({ certificate }) => certificate)));
}

let told: readonly string[] = [];

/** Each sentence once, for as long as it stays true. */
function complain(sentences: readonly string[]): void {
  for (const sentence of sentences) if (!told.includes(sentence)) console.error(sentence);
  told = sentences;
}

/** What the Ingress says about its address is for people; a conflict means that it changed, and then we come here again. */
async function tellAddress(ingress: Ingress): Promise<void> {
  const address = { ip: network.ingressAddress };
  if (ingress.status?.loadBalancer?.ingress?.[0]?.ip === address.ip) return;
  const { namespace = "", name } = ingress.metadata;
  const status = { loadBalancer: { ingress: [address] } };
  const body = { ...ingress, apiVersion: "networking.k8s.io/v1", kind: "Ingress", status };
  await api.call("PUT", `${networking}/namespaces/${namespace}/ingresses/${name}/status`, { body });
}
