import type { Problem } from "../read.ts";

const hidden = "[redacted]";
const longestValue = 120;
const longestField = 200;
/** Say nothing of anybody, whatever the field. */
const harmless = /^(?:true|false|on|off|set|not set|none|absent|unknown|changed|[0-9]{1,6})$/;
const secretField = /secret|password|passwd|token|credential|authorization|verifier|private_?key/i;
/** The name of a Secret tells nobody what it holds. */
const nameOfSecret = /(?:Ref\.(?:name|key)|\.secretName)$/;
/** A key or certificate in PEM, a signed token, a name and password in a URL. */
const secretText = /-----BEGIN|\beyJ[\w-]{8,}|:\/\/[^/@\s]*@/;
/** A long word of letters and digits is a key as often as not. */
const keyLike = /(?=[A-Za-z+_=]*[0-9])(?=[0-9+_=]*[A-Za-z])[A-Za-z0-9+_=]{24,}/;
const imageDigest = /sha256:[0-9a-f]{64}/g;

/**
 * What a problem observed, as far as it may be kept for years by whoever keeps evidence: nothing of a Secret, nothing under a name that says secret,
 * nothing that looks like a key. What is dropped costs the evidence little, since the digest still says which values were read.
 */
export function observedOf(
  { field, observed }: Problem,
  kind: string,
  redact: (text: string) => string,
): { readonly field: string; readonly value: string } {
  return {
    field: shortened(redact(field), longestField),
    value: mayBeSecret(field, observed, kind) ? hidden : shortened(redact(observed), longestValue),
  };
}

function mayBeSecret(field: string, observed: string, kind: string): boolean {
  if (harmless.test(observed)) return false;
  if (kind === "Secret" || (secretField.test(field) && !nameOfSecret.test(field))) return true;
  return secretText.test(observed) || keyLike.test(observed.replaceAll(imageDigest, ""));
}

function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
