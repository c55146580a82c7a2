import type { Evaluation, Parameter } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";

/** Drivers of volumes that encrypt by a key of the customer, when the class tells them to. */
const provisioners = ["bsu.csi.outscale.com"];
/** XTS with AES: not CBC, and no cipher of 64-bit blocks. */
const ciphers = ["aes-xts-plain64"];
const leastKeyBits = 256;

export const encryptingDrivers: Readonly<Record<string, Parameter>> = {
  provisioners: { value: provisioners, source: "ours" },
  ciphers: { value: ciphers, source: "ours" },
};
export const volumeCiphers: Readonly<Record<string, Parameter>> = {
  ciphers: { value: ciphers, source: "ours" },
  keySize: { value: leastKeyBits, unit: "bits", source: "ours" },
};

const secretName = "parameters[csi.storage.k8s.io/node-stage-secret-name]";
const secretNamespace = "parameters[csi.storage.k8s.io/node-stage-secret-namespace]";
/** Stands in a class for the namespace of whoever claims a volume. */
const claimsNamespace = "$" + "{pvc.namespace}";

/** The server puts the default class in when a claim is made: a claim without one got none. */
const claim: Read = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  scope: "tenant",
  fields: [{ path: "spec.storageClassName", whenAbsent: "fail", violations: ["", "elsewhere"] }],
};
const classWith = (fields: readonly FieldRead[]): Read => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  scope: "cluster",
  required: true,
  fields,
});
/** What the driver takes where the class names no cipher. */
const cipher: FieldRead = {
  path: "parameters.luks-cipher",
  whenAbsent: { default: "aes-xts-plain64" },
  violations: ["aes-cbc-essiv:sha256", "blowfish"],
};
const encrypted: FieldRead = {
  path: "parameters.encrypted",
  whenAbsent: { default: "false" },
  violations: ["false", "no"],
};

/** A check of each claim by its class; a claim of a class that is not here fails. */
const ofClass = (
  fields: readonly FieldRead[],
  judge: (storageClass: Seen, volume: Seen) => readonly Problem[],
): Evaluation => ({
  status: "implemented",
  subjects: [claim],
  related: [classWith(fields)],
  judge: (volume, { named }) => {
    const { field, value: name } = volume.text("spec.storageClassName");
    const found = named("StorageClass", name);
    if (found !== undefined) return judge(found, volume);
    const message = `StorageClass ${name === "" ? "(none)" : name} is not here; claim a volume of an encrypted class.`;
    return [{ field, observed: name, message }];
  },
});

/** The problem of a text of the class that does not stand in a list of allowed ones. */
function notAmong(storageClass: Seen, path: string, allowed: readonly string[]): readonly Problem[] {
  const { field, value } = storageClass.text(path);
  if (allowed.includes(value)) return [];
  const message = `StorageClass ${storageClass.name} has ${field} ${value === "" ? "empty" : value}; allowed: ${allowed.join(", ")}.`;
  return [{ field, observed: value, message }];
}

function withoutSecret(storageClass: Seen): readonly Problem[] {
  const { field, value } = storageClass.text(secretName);
  if (value !== "") return [];
  const message = `StorageClass ${storageClass.name} names no Secret with the key of the volume; name one.`;
  return [{ field, observed: value, message }];
}

/** 10-01. https://github.com/outscale/osc-bsu-csi-driver, parameters of a StorageClass. */
export const encryptedVolumes: Evaluation = ofClass(
  [
    { path: "provisioner", whenAbsent: "fail", violations: ["rancher.io/local-path", ""] },
    encrypted,
    cipher,
    { path: secretName, whenAbsent: "fail", violations: [""] },
  ],
  (storageClass) => [
    ...notAmong(storageClass, "provisioner", provisioners),
    ...notAmong(storageClass, "parameters.encrypted", ["true"]),
    ...notAmong(storageClass, "parameters.luks-cipher", ciphers),
    ...withoutSecret(storageClass),
  ],
);

/**
 * 10-02. Where the key lies is seen, not what it is: a Secret of the tenant's own namespace is no other tenant's.
 * https://kubernetes-csi.github.io/docs/secrets-and-credentials-storage-class.html
 */
export const keyPerTenant: Evaluation = ofClass(
  [
    { path: secretName, whenAbsent: "fail", violations: [""] },
    { path: secretNamespace, whenAbsent: "fail", violations: ["kube-system", "", "t-other-apps"] },
  ],
  (storageClass, volume) => [
    ...withoutSecret(storageClass),
    ...notAmong(storageClass, secretNamespace, [claimsNamespace, volume.namespace ?? claimsNamespace]),
  ],
);

/** 10-05. https://gitlab.com/cryptsetup/cryptsetup: without a size, AES in XTS mode has a key of 256 bits or more. */
export const strongCipher: Evaluation = ofClass(
  [
    { path: "provisioner", whenAbsent: "error", violations: [] },
    encrypted,
    cipher,
    { path: "parameters.luks-key-size", whenAbsent: { default: "256" }, violations: ["128", "64"] },
  ],
  (storageClass) => {
    const provisioner = storageClass.text("provisioner");
    if (!provisioners.includes(provisioner.value))
      throw new Unknown(provisioner.field, `By which cipher ${provisioner.value} encrypts is not known.`);
    const size = storageClass.text("parameters.luks-key-size");
    if (!/^\d+$/.test(size.value)) throw new Unknown(size.field, `${size.field} is no number.`);
    const message = `The key of StorageClass ${storageClass.name} has ${size.value} bits; give it ${leastKeyBits} or more.`;
    return [
      ...notAmong(storageClass, "parameters.encrypted", ["true"]),
      ...notAmong(storageClass, "parameters.luks-cipher", ciphers),
      ...(Number(size.value) >= leastKeyBits ? [] : [{ field: size.field, observed: size.value, message }]),
    ];
  },
);
