import { apiVersion, names } from "../../../crds/group.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, type SeenText, Unknown } from "../seen.ts";
import { containerLists, podOf, podReads } from "./pod-templates.ts";

/** Switches of the controllers that we know: each redirects to https where a host has a certificate, unless one of these says no. */
const redirects = [
  "nginx.ingress.kubernetes.io/ssl-redirect",
  "haproxy.org/ssl-redirect",
  "haproxy-ingress.github.io/ssl-redirect",
].map((annotation) => `metadata.annotations[${annotation}]`);

const ingress: Read = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  scope: "tenant",
  fields: [
    { path: "spec.rules[].host", whenAbsent: "fail", violations: ["other.example", ""] },
    { path: "spec.tls[].hosts[]", whenAbsent: "fail", violations: ["other.example", "*.example"] },
    { path: "spec.tls[].secretName", whenAbsent: "fail", violations: [""] },
    ...redirects.map((path): FieldRead => ({ path, whenAbsent: { default: "true" }, violations: ["false", "off"] })),
  ],
};
const httpRoute: Read = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  scope: "tenant",
  fields: [
    { path: "spec.parentRefs[].name", whenAbsent: "error", violations: [] },
    // Its own namespace.
    { path: "spec.parentRefs[].namespace", whenAbsent: { default: "" }, violations: [] },
    // Without it the route is attached to every listener, those in clear among them.
    { path: "spec.parentRefs[].sectionName", whenAbsent: "fail", violations: [""] },
  ],
};
const gateway: Read = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  scope: "platform",
  fields: [
    { path: "spec.listeners[].name", whenAbsent: "error", violations: [] },
    { path: "spec.listeners[].protocol", whenAbsent: "error", violations: ["HTTP", "TCP", "TLS"] },
  ],
};

/** 10-10. https://kubernetes.io/docs/concepts/services-networking/ingress/#tls and https://gateway-api.sigs.k8s.io/guides/tls/ */
export const publishedOverTls: Evaluation = {
  status: "implemented",
  subjects: [ingress, httpRoute],
  related: [gateway],
  judge: (route, surroundings) =>
    route.object.kind === "Ingress" ? clearIngress(route) : clearRoute(route, surroundings),
};

function clearIngress(route: Seen): readonly Problem[] {
  const problem = ({ field, value }: SeenText, message: string): Problem => ({ field, observed: value, message });
  const certified = route.texts("spec.tls[].hosts[]").map(({ value }) => value);
  const uncovered = route
    .texts("spec.rules[].host")
    .filter(({ value }) => !certified.some((host) => host !== "" && (host === value || host === wildcardOf(value))));
  const unnamed = route.texts("spec.tls[].secretName").filter(({ value }) => value === "");
  const inClear = redirects.map((path) => route.text(path)).filter(({ value }) => value !== "true");
  return [
    ...uncovered.map((host) =>
      problem(host, `Host ${host.value} stands in no entry of spec.tls; add it, with its certificate.`),
    ),
    ...unnamed.map((secret) => problem(secret, `${secret.field} names no certificate; name its Secret.`)),
    ...inClear.map((off) => problem(off, `${off.field} lets the module be used in clear; take it away.`)),
  ];
}

/** `drive.example.org` → `*.example.org`: a wildcard stands for one label. */
const wildcardOf = (host: string): string => host.replace(/^[^.]+/, "*");

function clearRoute(route: Seen, { of }: Surroundings): readonly Problem[] {
  const gateways = route.texts("spec.parentRefs[].name");
  const namespaces = route.texts("spec.parentRefs[].namespace");
  return route.texts("spec.parentRefs[].sectionName").flatMap(({ field, value }, index): Problem[] => {
    const namespace = namespaces[index]?.value === "" ? route.namespace : namespaces[index]?.value;
    if (value === "")
      return [
        { field, observed: value, message: "The route is attached to every listener; name the one that ends TLS." },
      ];
    const protocol = protocolOf(
      { field, value },
      of("Gateway").find((one) => one.name === gateways[index]?.value && one.namespace === namespace),
    );
    if (protocol === "HTTPS") return [];
    return [
      { field, observed: protocol, message: `Listener ${value} speaks ${protocol}; attach the route to one of HTTPS.` },
    ];
  });
}

function protocolOf(listener: SeenText, found: Seen | undefined): string {
  const at = found?.texts("spec.listeners[].name").findIndex(({ value }) => value === listener.value) ?? -1;
  const protocol = found?.texts("spec.listeners[].protocol")[at]?.value;
  if (protocol === undefined) throw new Unknown(listener.field, `Listener ${listener.value} is not known.`);
  return protocol;
}

/** Of libpq: the one mode that looks at both the chain and the name. https://www.postgresql.org/docs/current/libpq-ssl.html */
const verifying = "verify-full";

const homeserver = "data[homeserver.yaml]|database.args";
const homeserverConfig: Read = {
  apiVersion: "v1",
  kind: "ConfigMap",
  scope: "tenant",
  named: ["synapse-config"],
  fields: [
    { path: `${homeserver}.sslmode`, whenAbsent: "fail", violations: ["require", "disable"] },
    { path: `${homeserver}.sslrootcert`, whenAbsent: "fail", violations: [""] },
  ],
};
const environment = (pod: string): readonly string[] => containerLists.map((list) => `${pod}.${list}.env[].value`);
const regionServer = "spec.postgresql.server.tls";

/** 10-12. What is not told in the environment or in YAML is not seen here: the files of Nextcloud are programs. */
export const databaseTls: Evaluation = {
  status: "implemented",
  subjects: [
    homeserverConfig,
    ...podReads((pod) =>
      environment(pod).map((path) => ({
        path,
        whenAbsent: { default: "" },
        violations: [
          "postgres://u@db/x",
          "postgresql://u@db/x?sslmode=require",
          "postgres://u@db/x?sslmode=verify-full",
        ],
      })),
    ),
    {
      apiVersion,
      kind: "SovereignRegion",
      scope: "cluster",
      fields: [{ path: regionServer, whenAbsent: { default: "VerifyFull" }, violations: ["Require", "Disable"] }],
    },
  ],
  judge: (object) => {
    const pod = podOf(object.object);
    if (pod !== undefined) return environment(pod).flatMap((path) => object.texts(path).flatMap(unverifiedAddress));
    if (object.object.kind === "ConfigMap") {
      const mode = object.text(`${homeserver}.sslmode`);
      return modeProblems(mode.field, mode.value, object.text(`${homeserver}.sslrootcert`).value);
    }
    const { field, value } = object.text(regionServer);
    return value === "VerifyFull" ? [] : [unverified(field, value)];
  },
};

const unverified = (field: string, observed: string): Problem => ({
  field,
  observed,
  message: `${field} reaches a database without verifying its certificate and name; ask for ${verifying}, with its authority.`,
});

/** Addresses hold passwords: what is told is the mode alone. */
function unverifiedAddress({ field, value }: SeenText): readonly Problem[] {
  if (!/^postgres(?:ql)?:/i.test(value)) return [];
  if (!URL.canParse(value)) throw new Unknown(field, `${field} is no address of a database.`);
  const { searchParams } = new URL(value);
  return modeProblems(field, searchParams.get("sslmode"), searchParams.get("sslrootcert"));
}

const modeProblems = (field: string, mode: string | null, authority: string | null): readonly Problem[] =>
  mode === verifying && authority !== null && authority !== ""
    ? []
    : [unverified(field, `sslmode ${mode ?? "absent"}`)];

const environmentNames = (pod: string): readonly string[] => containerLists.map((list) => `${pod}.${list}.env[].name`);
/** Tells clients of a relay in clear; TURNS_HOST is the one over TLS. https://jitsi.github.io/handbook/docs/devops-guide/devops-guide-docker/ */
const clearRelay = "TURN_HOST";

/** 10-14. Media between browsers and bridges are DTLS-SRTP whatever is set; what can be set is a relay in clear beside them. */
export const encryptedMedia: Evaluation = {
  status: "implemented",
  subjects: podReads((pod) =>
    environmentNames(pod).map((path) => ({ path, whenAbsent: "error", violations: [clearRelay] })),
  ),
  concerns: ({ metadata }) => metadata.labels?.[names.moduleLabel] === "Jitsi",
  judge: (object) =>
    environmentNames(podOf(object.object) ?? "")
      .flatMap((path) => object.texts(path))
      .filter(({ value }) => value === clearRelay)
      .map(({ field, value }) => ({
        field,
        observed: value,
        message: "Clients are told of a relay without TLS; take TURN_HOST away, and name the relay in TURNS_HOST.",
      })),
};
