import { spawn } from "node:child_process";
import { provision, type StorageClass, type Volume, type VolumeClaim } from "./local-volumes.ts";
import { type Pod, type Policy, policyRules } from "./network-policy.ts";
import { AgentApi, WatchedKind, type Watched } from "./watch.ts";
import { whenChanged } from "./when-changed.ts";

/** What a cluster's network and storage plug-ins would do: enforces NetworkPolicies on the node, and makes volumes in a directory of it. */
const [, , pki = "", nft = "nft"] = process.argv;
const api = new AgentApi(pki);

let inForce = "";

async function enforce(): Promise<void> {
  if (!pods.synced || !namespaces.synced || !policies.synced) return;
  const rules = policyRules({ pods: pods.all, namespaces: namespaces.all, policies: policies.all });
  if (rules === inForce) return;
  await loadRules(rules);
  inForce = rules;
}

function loadRules(rules: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(nft, ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"] });
    let problem = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (problem += text));
    child.once("error", reject).once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`nft refused the rules: ${problem.slice(0, 500)}`));
    });
    child.stdin.end(rules);
  });
}

async function store(): Promise<void> {
  if (!classes.synced || !claims.synced || !volumes.synced) return;
  await provision(api, { classes: classes.all, claims: claims.all, volumes: volumes.all });
}

const filtered = whenChanged(enforce);
const pods = new WatchedKind<Pod>(api, "/api/v1/pods", filtered);
const namespaces = new WatchedKind<Watched>(api, "/api/v1/namespaces", filtered);
const policies = new WatchedKind<Policy>(api, "/apis/networking.k8s.io/v1/networkpolicies", filtered);
const stored = whenChanged(store);
const classes = new WatchedKind<StorageClass>(api, "/apis/storage.k8s.io/v1/storageclasses", stored);
const claims = new WatchedKind<VolumeClaim>(api, "/api/v1/persistentvolumeclaims", stored);
const volumes = new WatchedKind<Volume>(api, "/api/v1/persistentvolumes", stored);
