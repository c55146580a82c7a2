import { isIPv4 } from "node:net";
import type { Metadata, Watched } from "./watch.ts";

interface ServicePortReference {
  readonly name?: string;
  readonly number?: number;
}

interface IngressPath {
  readonly path?: string;
  readonly pathType: "Exact" | "Prefix" | "ImplementationSpecific";
  readonly backend: { readonly service?: { readonly name: string; readonly port: ServicePortReference } };
}

export interface Ingress extends Watched {
  readonly metadata: Metadata & { readonly creationTimestamp: string };
  readonly spec: {
    readonly ingressClassName?: string;
    readonly defaultBackend?: unknown;
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: { readonly paths: readonly IngressPath[] };
    }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

export interface Service extends Watched {
  readonly spec: { readonly ports?: readonly { readonly name?: string; readonly port: number }[] };
}

export interface EndpointSlice extends Watched {
  readonly addressType: string;
  readonly endpoints?:
    | readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[]
    | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
}

/** What decides how requests are routed. */
export interface IngressWorld {
  readonly className: string;
  readonly ingresses: readonly Ingress[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

/** A port of a Service, and where it is served now. */
interface Backend {
  readonly name: string;
  readonly protocol: "http" | "https";
  /** Address and port of each endpoint that is ready. */
  readonly endpoints: readonly string[];
}

export interface Route {
  readonly match: "exact" | "prefix";
  /** Of a prefix: without the last slash, so that the root is empty. */
  readonly path: string;
  readonly backend: Backend;
}

/** All that is published under one host name. */
export interface Site {
  readonly host: string;
  readonly routes: readonly Route[];
  /** Secrets that Ingresses name for this host, as namespace/name, the first preferred. */
  readonly secrets: readonly string[];
}

interface Publication {
  readonly sites: readonly Site[];
  /** The Ingresses that were taken. */
  readonly taken: readonly Ingress[];
  /** What was not done as somebody asked; sentences for the log. */
  readonly complaints: readonly string[];
}

const protocolAnnotation = "nginx.ingress.kubernetes.io/backend-protocol";

/**
 * What the Ingresses of the class publish. Objects with the same host are merged; of two that claim the same path, the older has it. An Ingress that
 * asks for something which cannot be served is ignored as a whole: without one of its paths, a request could reach what this path was to close.
 */
export function publication(world: IngressWorld): Publication {
  const ours = world.ingresses.filter(({ spec }) => spec.ingressClassName === world.className).toSorted(byAge);
  const complaints: string[] = [];
  const taken = ours.filter((ingress) => {
    const reason = refusal(ingress);
    if (reason !== undefined) complaints.push(`Ingress ${keyOf(ingress)} is ignored: ${reason}`);
    return reason === undefined;
  });
  const hosts = [...new Set(taken.flatMap(hostsOf))].toSorted();
  for (const ingress of taken)
    if (ingress.spec.defaultBackend !== undefined)
      complaints.push(`the default backend of Ingress ${keyOf(ingress)} is ignored`);
  const sites = hosts.map((host) => site(host, { taken, world, complaints }));
  return { sites, taken, complaints };
}

export function keyOf({ metadata }: Watched): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

export function hostsOf({ spec }: Ingress): string[] {
  return (spec.rules ?? []).flatMap(({ host }) => (host === undefined ? [] : [host]));
}

function byAge(one: Ingress, other: Ingress): number {
  const rank = ({ metadata, ...rest }: Ingress): string =>
    `${metadata.creationTimestamp} ${keyOf({ metadata, ...rest })}`;
  return rank(one) < rank(other) ? -1 : 1;
}

const hostPattern = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;
const labelPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Whatever a path of a URI holds after decoding, but nothing that is white, invisible, or has a meaning in URIs or configuration files. */
const pathPattern = /^\/[^\p{C}\p{Z}"\\`{}<>^|%?#]*$/u;
/** nginx keeps lengths of locations in one byte. */
const maxPathBytes = 200;

function refusal({ metadata, spec }: Ingress): string | undefined {
  const protocol = metadata.annotations?.[protocolAnnotation] ?? "HTTP";
  if (!["HTTP", "HTTPS"].includes(protocol)) return `backends of protocol ${JSON.stringify(protocol)} are not served`;
  for (const { host = "", http } of spec.rules ?? []) {
    if (!hostPattern.test(host)) return `the host ${JSON.stringify(host)} is not served`;
    const problem = (http?.paths ?? []).map(refusalOfPath).find((reason) => reason !== undefined);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function refusalOfPath({ path = "/", backend: { service } }: IngressPath): string | undefined {
  const said = JSON.stringify(path);
  if (!pathPattern.test(path)) return `the path ${said} has characters that are not served; write it decoded`;
  if (hasOddSegments(path)) return `the path ${said} has empty or dot segments, and requests are compared without`;
  if (Buffer.byteLength(path) > maxPathBytes) return `the path ${said} is longer than ${maxPathBytes} bytes`;
  if (service === undefined) return `the backend of ${said} is not a Service`;
  const port = String(service.port.number ?? service.port.name);
  return labelPattern.test(service.name) && labelPattern.test(port)
    ? undefined
    : `the backend of ${said} has no proper name`;
}

function hasOddSegments(path: string): boolean {
  const segments = path.slice(1).split("/");
  return segments.some((segment, index) =>
    segment === "" ? index < segments.length - 1 : segment === "." || segment === "..",
  );
}

interface Collected {
  readonly taken: readonly Ingress[];
  readonly world: IngressWorld;
  readonly complaints: string[];
}

function site(host: string, { taken, world, complaints }: Collected): Site {
  const routes = new Map<string, Route>();
  for (const ingress of taken) {
    const paths = (ingress.spec.rules ?? []).flatMap((rule) => (rule.host === host ? (rule.http?.paths ?? []) : []));
    for (const path of paths) {
      const route = routeOf(path, ingress, world);
      const key = `${route.match} ${route.path}`;
      if (routes.has(key))
        complaints.push(
          `the path ${JSON.stringify(path.path)} of ${host} in Ingress ${keyOf(ingress)} is taken already`,
        );
      else routes.set(key, route);
    }
  }
  const secrets = taken.flatMap(({ metadata, spec }) =>
    (spec.tls ?? [])
      .filter(({ hosts = [] }) => hosts.some((name) => covers(name, host)))
      .flatMap(({ secretName }) => (secretName === undefined ? [] : [`${metadata.namespace ?? ""}/${secretName}`])),
  );
  return { host, routes: [...routes.values()], secrets: [...new Set(secrets)] };
}

/** True for the name itself, and for one more label where the name begins with an asterisk. */
function covers(name: string, host: string): boolean {
  return name === host || (name.startsWith("*.") && name.slice(1) === host.slice(host.indexOf(".")));
}

function routeOf({ path = "/", pathType, backend }: IngressPath, ingress: Ingress, world: IngressWorld): Route {
  const exact = pathType === "Exact";
  const { name = "", port = {} } = backend.service ?? {};
  const namespace = ingress.metadata.namespace ?? "";
  return {
    match: exact ? "exact" : "prefix",
    path: exact ? path : path.replace(/\/$/, ""),
    backend: {
      name: `${name}.${namespace}.${port.number ?? port.name ?? ""}`,
      protocol: ingress.metadata.annotations?.[protocolAnnotation] === "HTTPS" ? "https" : "http",
      endpoints: endpoints({ namespace, name, port }, world),
    },
  };
}

function endpoints(
  wanted: { readonly namespace: string; readonly name: string; readonly port: ServicePortReference },
  { services, slices }: IngressWorld,
): string[] {
  const service = services.find(
    ({ metadata }) => metadata.namespace === wanted.namespace && metadata.name === wanted.name,
  );
  const servicePort = service?.spec.ports?.find(({ name, port }) =>
    wanted.port.number === undefined ? name === wanted.port.name : port === wanted.port.number,
  );
  if (servicePort === undefined) return [];
  const found = slices
    .filter(
      ({ metadata, addressType }) =>
        addressType === "IPv4" &&
        metadata.namespace === wanted.namespace &&
        metadata.labels?.["kubernetes.io/service-name"] === wanted.name,
    )
    .flatMap((slice) => addressesOf(slice, servicePort.name ?? ""));
  return [...new Set(found)].toSorted();
}

/** A slice names its ports as the Service does, and gives the numbers on which the pods listen. */
function addressesOf({ endpoints: all, ports }: EndpointSlice, portName: string): string[] {
  const port = ports?.find(({ name = "" }) => name === portName)?.port;
  if (port === undefined) return [];
  return (all ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.filter((address) => isIPv4(address)).map((address) => `${address}:${port}`));
}
