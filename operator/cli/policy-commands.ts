import { type Command, Option } from "commander";
import { profileNames } from "../policy/profiles.ts";
import type { ConnectivityWish } from "./connectivity.ts";
import { type Examples, output } from "./help-text.ts";
import type { CatalogWish } from "./policy-catalog.ts";
import type { CheckWish } from "./policy-check.ts";

/** What the commands of `socle policy` do. */
export interface PolicyActions {
  catalog(wish: CatalogWish): Promise<void> | void;
  check(wish: CheckWish): Promise<void>;
  connectivity(wish: ConnectivityWish): Promise<void>;
}

export const policyExamples: Examples = {
  "policy catalog": [
    { line: "socle policy catalog", shows: "every check, with its requirement and whether this version evaluates it" },
    { line: "socle policy catalog -o json", shows: "the same for a program, with the fields that each check reads" },
  ],
  "policy check": [
    { line: "socle policy check -f manifests", shows: "what fails in a directory, with the field and what to do" },
    {
      line: "socle policy check -f - --strict",
      shows: "what `socle export` prints, through a pipe; a check without its inputs is an error",
    },
    {
      line: "socle policy check -f pod.yaml --profile pss-restricted",
      shows: "Pods alone, as their admission judges them",
    },
  ],
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

const checkCodes = `
Exit codes: 2 something fails, or a file is wrong; else 1 something could not be judged, or nothing was; else 0.`;

/** Adds the commands to the group; `command` makes one of it. */
export function addPolicyCommands(
  command: (name: string, description: string) => Command,
  actions: PolicyActions,
): void {
  command("catalog", "lists the checks: requirement, severity, whose they are, and whether they are evaluated")
    .addOption(
      new Option("--profile <name>", "part of the catalogue").choices(["secnumcloud", "hds"]).default("secnumcloud"),
    )
    .addOption(output())
    .action(async (_options: unknown, self: Command) => {
      await actions.catalog(self.opts<CatalogWish>());
    });
  command("check", "judges the objects of files by the checks of a profile; asks no cluster")
    .requiredOption(
      "-f, --filename <path...>",
      "files with objects; of a directory all *.yaml and *.yml below it; - is standard input",
    )
    .addOption(new Option("--profile <name>", "what to judge by").choices(profileNames).default("secnumcloud"))
    .option("--check <id...>", "only these checks of the catalogue")
    .option("--strict", "a check whose inputs are not in the files is an error", false)
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .addHelpText("after", checkCodes)
    .action(async (_options: unknown, self: Command) => {
      await actions.check(self.opts<CheckWish>());
    });
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
