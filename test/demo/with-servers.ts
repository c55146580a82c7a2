import { join } from "node:path";
import { CertificateAuthority } from "../control-plane/certificates.ts";
import { choosePorts } from "../servers/server-process.ts";
import { prepareServers, type Servers, startServers } from "../servers/servers.ts";
import { installSocle, startOperator } from "../support/installation.ts";
import { demoModules, demoPlatform, demoRegionManifest } from "./objects.ts";
import { givenCluster, ownControlPlane, type Stage } from "./stage.ts";
import type { DemoWorld, Ground } from "./world.ts";

/** A control plane, of the demo's own or of a context, with Keycloak and PostgreSQL as processes beside it; the operator is one too. */
export async function worldWithServers(ground: Ground, context: string | undefined): Promise<DemoWorld> {
  const { progress, directory } = ground;
  const stage =
    context === undefined ? await ownControlPlane(ground, progress) : await givenCluster(context, ground, progress);
  ground.undo("The installation", stage.leave);
  await progress.step("Keycloak 26.7 and PostgreSQL 18 (distribution, caches)", (say) => prepareServers(say));
  const servers = await progress.step("Keycloak and PostgreSQL", (say) =>
    startServers({ directory: join(directory, "servers"), log: say }),
  );
  ground.undo("The servers", () => servers.stop());
  const logFile = await install(stage, servers, ground);
  ground.undo("The tenant", stage.empty);
  const { url } = servers.keycloak;
  return {
    ...stage,
    modules: demoModules,
    region: demoRegionManifest(servers),
    keycloakUrl: url,
    fetch,
    administer: (work) => work({ url, fetch }),
    browserHint: "",
    logHint: logFile,
  };
}

/** Installs Socle on the stage and starts the operator there; the path of its log. */
async function install(stage: Stage, servers: Servers, ground: Ground): Promise<string> {
  const { progress, directory } = ground;
  const { kubectl } = stage;
  await progress.step("Socle: kinds, admission policies, rights", () => installSocle(kubectl, stage.operatorUser));
  const ca = await CertificateAuthority.create("socle-demo");
  const leaf = await ca.issue("*.ministere.suite.example", { hosts: ["*.ministere.suite.example"] });
  await kubectl.apply(demoPlatform(servers, { ca: ca.pem, certificate: leaf.certificate, key: leaf.key }));
  const [healthPort = 0] = await choosePorts([undefined]);
  const logFile = join(directory, "operator.log");
  const operator = await progress.step(`Operator (user ${stage.operatorUser}, its own rights)`, async () =>
    startOperator({
      kubeconfig: await stage.operatorKubeconfig(),
      username: stage.operatorUser,
      healthPort,
      logFile,
    }),
  );
  ground.undo("The operator", () => operator.stop());
  return logFile;
}
