import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { DeployedPart, partMetadata } from "./deployed-part.ts";
import { type JitsiInput, jitsiPorts, partName } from "./jitsi-input.ts";
import { roomRules } from "./room-rules.ts";

const rulesName = `${partName("prosody")}-rules`;
const stateVolume = "state";

/** Prosody, in which people meet, and Jicofo, which leads them to a bridge: one of each, since neither knows of a second. */
export class Signalling extends Construct {
  constructor(scope: Construct, id: string, input: JitsiInput) {
    super(scope, id);
    new k8s.KubeConfigMap(this, "rules", {
      metadata: { ...partMetadata(input, "prosody"), name: rulesName },
      data: { [roomRules.file]: roomRules.text },
    });
    new DeployedPart(this, input, {
      part: input.prosody,
      shape: {
        name: "prosody",
        ports: { bosh: jitsiPorts.bosh, xmpp: jitsiPorts.xmpp },
        health: "/http-bind",
        alone: true,
        files: [roomRules.text],
        mounts: [
          { name: "rules", mountPath: "/prosody-plugins-custom", readOnly: true },
          // Two accounts, made anew at each start: nothing that anybody would miss.
          { name: stateVolume, mountPath: "/var/lib/prosody" },
        ],
        volumes: [
          { name: "rules", configMap: { name: rulesName } },
          { name: stateVolume, emptyDir: { sizeLimit: k8s.Quantity.fromString("64Mi") } },
        ],
      },
    });
    new DeployedPart(this, input, {
      part: input.jicofo,
      shape: { name: "jicofo", ports: { http: jitsiPorts.jicofo }, health: "/about/health", alone: true },
    });
  }
}
