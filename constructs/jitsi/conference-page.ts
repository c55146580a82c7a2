import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { DeployedPart, partMetadata } from "./deployed-part.ts";
import { type JitsiInput, jitsiPorts, loginPath, loginUser, partName } from "./jitsi-input.ts";

const settingsName = `${partName("web")}-settings`;
const trustName = `${partName("login")}-trust`;
const trustFile = "/trust/ca.crt";
/** An address of a room carries the token of who enters it. */
const serverSettings = "access_log off;\n";

/** The pages that people open, and the adapter that makes a token of Jitsi's of a login at the realm. */
export class ConferencePage extends Construct {
  constructor(scope: Construct, id: string, input: JitsiInput) {
    super(scope, id);
    new k8s.KubeConfigMap(this, "settings", {
      metadata: { ...partMetadata(input, "web"), name: settingsName },
      data: { "custom-config.js": input.pageSettings, "server.conf": serverSettings },
    });
    const file = (subPath: string, mountPath: string): k8s.VolumeMount => ({
      name: "settings",
      mountPath,
      subPath,
      readOnly: true,
    });
    new DeployedPart(this, input, {
      part: input.web,
      shape: {
        name: "web",
        ports: { http: jitsiPorts.web },
        health: "/",
        alone: false,
        files: [input.pageSettings, serverSettings],
        mounts: [
          file("custom-config.js", "/config/custom-config.js"),
          file("server.conf", "/config/nginx-custom/server.conf"),
        ],
        volumes: [{ name: "settings", configMap: { name: settingsName } }],
      },
    });
    this.#login(input);
  }

  #login(input: JitsiInput): void {
    const { login, trustBundle } = input;
    if (trustBundle !== undefined) {
      new k8s.KubeConfigMap(this, "trust", {
        metadata: { ...partMetadata(input, "login"), name: trustName },
        data: { "ca.crt": trustBundle },
      });
    }
    const { values } = login.environment;
    const trusting = trustBundle === undefined ? values : { ...values, DENO_CERT: trustFile };
    new DeployedPart(this, input, {
      part: { ...login, environment: { ...login.environment, values: trusting } },
      shape: {
        name: "login",
        ports: { http: jitsiPorts.login },
        health: `${loginPath}/health`,
        alone: false,
        user: loginUser,
        files: [trustBundle ?? ""],
        ...(trustBundle === undefined
          ? {}
          : {
              mounts: [{ name: "trust", mountPath: "/trust", readOnly: true }],
              volumes: [{ name: "trust", configMap: { name: trustName } }],
            }),
      },
    });
  }
}
