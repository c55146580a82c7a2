import type { Command } from "commander";
import type { ConnectivityWish } from "./connectivity.ts";
import { type Examples, output } from "./help-text.ts";

/** What the commands of `socle policy` do. */
export interface PolicyActions {
  connectivity(wish: ConnectivityWish): Promise<void>;
}

export const policyExamples: Examples = {
  "policy connectivity": [
    {
      line: "socle policy connectivity -f manifests",
      shows: "every flow that the NetworkPolicies of a directory leave open",
    },
    {
      line: "socle policy connectivity -f - -o json",
      shows:
        "what `socle export` or `kubectl get namespaces,networkpolicies,deployments -A -o yaml` prints, through a pipe",
    },
  ],
};

const howToRead = `
A line says who may open a connection to whom, and on which ports of the one that is called:
  shop/Deployment/web => shop/StatefulSet/db : TCP 5432,8000-8010; UDP 53
  shop/Deployment/web => 0.0.0.0/0 except 10.0.0.0/8 : TCP 443
  0.0.0.0/0 => shop/Deployment/web : all ports
"all ports" is every port of TCP, UDP and SCTP. A line from a workload to itself is from one of its pods to another.
No output: nobody may talk to anybody. Exit codes: 0 evaluated, 1 no workload in the files, 2 something wrong in them.`;

/** Adds the commands to the group; `command` makes one of it. */
export function addPolicyCommands(
  command: (name: string, description: string) => Command,
  actions: PolicyActions,
): void {
  command(
    "connectivity",
    "prints which workloads and addresses may talk to each other under the NetworkPolicies of files; asks no cluster",
  )
    .requiredOption(
      "-f, --filename <path...>",
      "files with workloads, NetworkPolicies and Namespaces; of a directory all *.yaml and *.yml below it; - is standard input",
    )
    .addOption(output())
    .addHelpText("after", howToRead)
    .action(async (_options: unknown, self: Command) => {
      await actions.connectivity(self.opts<ConnectivityWish>());
    });
}
