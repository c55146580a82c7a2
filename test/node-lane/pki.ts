import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority, type KeyedCertificate, serviceAccountKeys } from "../control-plane/certificates.ts";
import { auditPolicy } from "../control-plane/control-plane.ts";
import { identities, network } from "./layout.ts";

/** Writes the certificates, keys and kubeconfigs of all parts of a node into `directory`; the key of the authority is never written. */
export async function writePki(directory: string): Promise<CertificateAuthority> {
  mkdirSync(directory, { mode: 0o700 });
  const write = (name: string, text: string): void => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
  };
  const writeLeaf = (name: string, leaf: KeyedCertificate): void => {
    write(`${name}.crt`, leaf.certificate);
    write(`${name}.key`, leaf.key);
  };
  const ca = await CertificateAuthority.create("socle-node");
  const service = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
  ];
  const hosts = ["localhost", ...service, "127.0.0.1", network.apiServiceAddress, network.nodeAddress];
  write("ca.crt", ca.pem);
  write("audit-policy.yaml", auditPolicy);
  writeLeaf("apiserver", await ca.issue("kube-apiserver", { hosts }));
  writeLeaf("kubelet-server", await ca.issue(network.nodeName, { hosts: [network.nodeName, network.nodeAddress] }));
  const accounts = serviceAccountKeys();
  write("sa.key", accounts.privateKey);
  write("sa.pub", accounts.publicKey);
  for (const [name, { user, groups }] of Object.entries(identities)) {
    const leaf = await ca.issue(user, { groups });
    writeLeaf(name, leaf);
    write(`${name}.kubeconfig`, kubeconfigText({ port: network.apiPort, ca: ca.pem, user, leaf }));
  }
  return ca;
}

/** A kubeconfig for a user with that certificate, of an API server on that port of 127.0.0.1. */
export function kubeconfigText(at: { port: number; ca: string; user: string; leaf: KeyedCertificate }): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const cluster = { server: `https://127.0.0.1:${at.port}`, "certificate-authority-data": base64(at.ca) };
  const user = {
    "client-certificate-data": base64(at.leaf.certificate),
    "client-key-data": base64(at.leaf.key),
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": network.nodeName,
    clusters: [{ name: network.nodeName, cluster }],
    users: [{ name: at.user, user }],
    contexts: [{ name: network.nodeName, context: { cluster: network.nodeName, user: at.user } }],
  };
  return JSON.stringify(config, undefined, 2);
}
