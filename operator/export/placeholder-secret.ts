import type { Manifest } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";
import { type GeneratedSecret, secretShell } from "../systems/secret-store.ts";

/** Stands where a value has to be put before the object is of any use. */
export const placeholder = "REPLACE-ME";

/** The Secret as the operator makes it, without one value that is secret; an annotation says how each of them is made. */
export function placeholderSecret(wanted: GeneratedSecret): Manifest {
  const made = origins(wanted);
  const values = [...Object.entries(wanted.plain), ...Object.keys(made).map((key) => [key, placeholder])];
  return withPlaceholders(secretShell(wanted), made, Object.fromEntries(values) as Record<string, string>);
}

/** A Secret of that shape in which each of these keys is a placeholder; what `made` says of a key is written beside it. */
export function withPlaceholders(
  shell: Manifest,
  made: Readonly<Record<string, string>>,
  stringData: Readonly<Record<string, string>> = Object.fromEntries(Object.keys(made).map((key) => [key, placeholder])),
): Manifest {
  const lines = Object.entries(made).map(([key, origin]) => `${key}: ${origin}`);
  const annotations = lines.length === 0 ? {} : { annotations: { [names.placeholders]: lines.join("\n") } };
  return { ...shell, metadata: { ...shell.metadata, ...annotations }, stringData };
}

/** How the value of each key comes to be that is no plain one. */
function origins({ random, certificate, signingKeys = [], copies = {} }: GeneratedSecret): Record<string, string> {
  const copied = Object.entries(copies).map(([key, { from, key: source }]): [string, string] => [
    key,
    `the value of key ${source} of Secret ${from.namespace}/${from.name}`,
  ]);
  return {
    ...Object.fromEntries(
      Object.entries(random).map(([key, length]) => [
        key,
        `${length} random characters of the URL-safe base64 alphabet`,
      ]),
    ),
    ...Object.fromEntries(
      signingKeys.map((key) => [key, "a signing key of Matrix: ed25519, a name of its own, 32 random bytes in base64"]),
    ),
    ...(certificate === undefined ? {} : certificateOrigins(certificate.names)),
    ...Object.fromEntries(copied),
  };
}

function certificateOrigins(hosts: readonly string[]): Record<string, string> {
  return {
    "tls.crt": `PEM of a server certificate for ${hosts.join(", ")}`,
    "tls.key": "PEM of its key",
    "ca.crt": "PEM of the authority that signed it, made for it alone",
  };
}
