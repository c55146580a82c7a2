import { apiVersion } from "../../../crds/group.ts";
import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import { type Seen, type SeenValue, Unknown, wordsOf } from "../seen.ts";
import { podOf, podReads } from "./pod-templates.ts";

/** Of the ANSSI's guide to TLS: R25 and R26, and what its guide to cryptology recommends for RSA already. */
const longestDays = 825;
const leastBits: Readonly<Record<string, number>> = { RSA: 3072, ECDSA: 256 };
const curves = [256, 384, 521];
const serving = ["digital signature", "key encipherment", "server auth"];

export const certificateContent: Readonly<Record<string, Parameter>> = {
  duration: { value: longestDays, unit: "days", source: "referential" },
  rsa: { value: leastBits["RSA"] ?? 0, unit: "bits", source: "ours" },
  curves: { value: curves.map((size) => `P-${size}`), source: "referential" },
};

/** What cert-manager takes where nothing is said. */
const defaults = {
  duration: "2160h",
  usages: ["digital signature", "key encipherment"],
  size: { RSA: 2048, ECDSA: 256 },
};

/** 10-08. https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.CertificateSpec; it renews after two thirds of the time. */
export const certificates: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      scope: "tenant",
      fields: [
        { path: "spec.duration", whenAbsent: { default: defaults.duration }, violations: ["19801h", "87600h0m0s"] },
        { path: "spec.privateKey.algorithm", whenAbsent: { default: "RSA" }, violations: ["RSA", "Ed25519"] },
        // Zero stands for the size that goes with the algorithm.
        { path: "spec.privateKey.size", whenAbsent: { default: 0 }, violations: [224, 2048] },
        {
          path: "spec.usages",
          whenAbsent: { default: defaults.usages },
          violations: [defaults.usages, ["server auth", "client auth"], ["server auth", "any"], []],
        },
        { path: "spec.isCA", whenAbsent: { default: false }, violations: [true] },
        { path: "spec.dnsNames", whenAbsent: { default: [] }, violations: [[], [""]] },
      ],
    },
  ],
  judge: (certificate) => [...life(certificate), ...key(certificate), ...use(certificate)],
};

function life(certificate: Seen): readonly Problem[] {
  const { field, value } = certificate.text("spec.duration");
  if (hours(field, value) <= longestDays * 24) return [];
  return [
    { field, observed: value, message: `The certificate lives longer than ${longestDays} days; shorten ${field}.` },
  ];
}

const hoursIn: Readonly<Record<string, number>> = { h: 1, m: 1 / 60, s: 1 / 3600, ms: 1 / 3_600_000 };

/** A duration as Go writes it: `2160h0m0s`. */
function hours(field: string, duration: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(duration)) throw new Unknown(field, `${field} is no duration.`);
  const parts = duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g);
  return [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * (hoursIn[unit ?? ""] ?? 0), 0);
}

function key(certificate: Seen): readonly Problem[] {
  const { field, value: algorithm } = certificate.text("spec.privateKey.algorithm");
  const { field: sizeField, value: stated } = certificate.one("spec.privateKey.size");
  if (typeof stated !== "number") throw new Unknown(sizeField, `${sizeField} is no number.`);
  const least = leastBits[algorithm];
  if (least === undefined)
    return [{ field, observed: algorithm, message: `Keys are of ECDSA or RSA, not ${algorithm}; change ${field}.` }];
  const size = stated === 0 ? defaults.size[algorithm === "RSA" ? "RSA" : "ECDSA"] : stated;
  if (algorithm === "RSA" ? size >= least : curves.includes(size)) return [];
  const message = `A key of ${algorithm} with ${size} bits is too weak; take ECDSA with 256, or RSA with ${leastBits["RSA"] ?? 0} or more.`;
  return [{ field: sizeField, observed: `${algorithm} ${size}`, message }];
}

function use(certificate: Seen): readonly Problem[] {
  const usages = certificate.one("spec.usages");
  const words = wordsOf(usages);
  const isAuthority = certificate.one("spec.isCA");
  const hosts = certificate.one("spec.dnsNames");
  const problem = ({ field, value }: SeenValue, message: string): Problem => ({
    field,
    observed: JSON.stringify(value),
    message,
  });
  return [
    ...(words.includes("server auth") && words.every((word) => serving.includes(word))
      ? []
      : [problem(usages, `State ${serving.join(", ")} in spec.usages, and nothing else.`)]),
    ...(isAuthority.value === false
      ? []
      : [problem(isAuthority, "An authority is no certificate to serve with; set spec.isCA false.")]),
    ...(wordsOf(hosts).some((host) => host !== "") ? [] : [problem(hosts, "Name the hosts in spec.dnsNames.")]),
  ];
}

const tlsSecret = "spec.tls[].secretName";
const mountedSecret = (pod: string): string => `${pod}.volumes[].secret.secretName`;

/** 10-09. Ingresses of one class end TLS in one controller; a pod that mounts the key ends it in another place. R30 of the ANSSI's guide to TLS. */
export const oneTermination: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      scope: "tenant",
      fields: [
        { path: "spec.ingressClassName", whenAbsent: { default: "" }, violations: ["other"] },
        { path: tlsSecret, whenAbsent: { default: "" }, violations: ["mounted"] },
      ],
    },
  ],
  related: podReads((pod) => [
    { path: mountedSecret(pod), whenAbsent: { default: "" }, violations: ["drive-certificate"] },
  ]),
  judge: (ingress, { within }) => {
    const ownClass = ingress.text("spec.ingressClassName").value;
    const near = (kind: string): readonly Seen[] => within(ingress.namespace, kind);
    const elsewhere = [
      ...near("Ingress").flatMap((other) =>
        other.text("spec.ingressClassName").value === ownClass ? [] : namesAt(other, tlsSecret),
      ),
      ...["Deployment", "StatefulSet", "Job", "CronJob"].flatMap((kind) =>
        near(kind).flatMap((maker) => namesAt(maker, mountedSecret(podOf(maker.object) ?? ""))),
      ),
    ];
    return ingress.texts(tlsSecret).flatMap(({ field, value }): Problem[] => {
      const other = value === "" ? undefined : elsewhere.find((one) => one.secret === value);
      if (other === undefined) return [];
      const message = `Secret ${value} serves in ${other.where} as well; give each place a certificate of its own.`;
      return [{ field, observed: value, message }];
    });
  },
};

const namesAt = (object: Seen, path: string): readonly { readonly secret: string; readonly where: string }[] =>
  object.texts(path).map(({ value }) => ({ secret: value, where: `${object.object.kind} ${object.name}` }));

/** Public authorities of the Union that hand certificates out by ACME. */
const acmeHosts = ["acme-api.actalis.com", "acme-v02.harica.gr"];

export const certificationAuthorities: Readonly<Record<string, Parameter>> = {
  acmeServers: { value: acmeHosts, source: "ours" },
};

/** 10-23. An authority of one's own, in the cluster or in a vault, is in the Union with the platform. */
export const europeanAuthority: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion,
      kind: "SovereignRegion",
      scope: "cluster",
      // Who signed a certificate that is handed over as a Secret stands in that Secret, which is not read.
      fields: [{ path: "spec.ingress.clusterIssuer", whenAbsent: "error", violations: [] }],
    },
  ],
  related: [
    {
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      scope: "cluster",
      required: true,
      fields: [
        {
          path: "spec.acme.server",
          whenAbsent: { default: "" },
          violations: [
            "https://acme-v02.api.letsencrypt.org/directory",
            "https://acme-api.actalis.com.example/acme",
            "none",
          ],
        },
        { path: "spec.ca.secretName", whenAbsent: { default: "" }, violations: [] },
        { path: "spec.vault.server", whenAbsent: { default: "" }, violations: [] },
      ],
    },
  ],
  judge: (region, { named }) => {
    const { field, value: name } = region.text("spec.ingress.clusterIssuer");
    const issuer = named("ClusterIssuer", name);
    if (issuer === undefined) throw new Unknown(field, `ClusterIssuer ${name} is not here.`);
    const acme = issuer.text("spec.acme.server").value;
    const own = [issuer.text("spec.ca.secretName").value, issuer.text("spec.vault.server").value];
    const isEuropean = acme === "" ? own.some((one) => one !== "") : acmeHosts.includes(hostOf(acme));
    if (isEuropean) return [];
    const message = `ClusterIssuer ${name} signs by neither an authority of your own nor ${acmeHosts.join(", ")}; name another in spec.ingress.clusterIssuer.`;
    return [{ field, observed: acme === "" ? name : acme, message }];
  },
};

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : "");
