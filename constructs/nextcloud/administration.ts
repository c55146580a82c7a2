import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import type { ContainerResources } from "../restricted-pod.ts";
import {
  cronName,
  nextcloudFiles,
  type NextcloudInput,
  type NextcloudShared,
  nextcloudName,
} from "./nextcloud-input.ts";
import { parts } from "./nextcloud-network.ts";
import { type Duty, nextcloudPod, partMetadata, podLabels } from "./nextcloud-pod.ts";

/** Whatever the module's size: another size shall be no reason to prepare anything again, with everybody shut out meanwhile. */
const resources: ContainerResources = { cpu: "100m", memoryMi: 1024 };
const hourSeconds = 3600;

/** Installs, or brings data up to the code of the image. It depends on the image alone, so that it runs once for each. */
export class PrepareJob extends Construct {
  constructor(scope: Construct, id: string, input: NextcloudShared) {
    super(scope, id);
    // Tables of some millions of rows change slowly, and to stop half-way helps nobody.
    job(this, { input, name: `${nextcloudName}-prepare`, program: "prepare.php", deadlineSeconds: 12 * hourSeconds });
  }
}

/** Applies what can be set while people work. */
export class SettingsJob extends Construct {
  constructor(scope: Construct, id: string, input: NextcloudShared) {
    super(scope, id);
    job(this, { input, name: `${nextcloudName}-settings`, program: "settings.php", deadlineSeconds: hourSeconds });
  }
}

/** What Nextcloud has to do by itself: to clean up, to notify, to scan. */
export class BackgroundJobs extends Construct {
  constructor(scope: Construct, id: string, input: NextcloudInput) {
    super(scope, id);
    const { labels } = partMetadata(input, cronName, parts.jobs);
    new k8s.KubeCronJob(this, "cron", {
      metadata: partMetadata(input, cronName, parts.jobs),
      spec: {
        schedule: "*/5 * * * *",
        // One that takes long is not joined by a second one; one that was missed is not made up for.
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 120,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          metadata: { labels },
          spec: jobSpec({
            input,
            name: "cron",
            duty: "serving",
            file: "cron.php",
            deadlineSeconds: hourSeconds,
            backoffLimit: 0,
          }),
        },
      },
    });
  }
}

interface JobInput {
  readonly input: NextcloudShared;
  readonly name: string;
  readonly program: string;
  readonly deadlineSeconds: number;
}

function job(scope: Construct, { input, name, program, deadlineSeconds }: JobInput): void {
  const file = `${nextcloudFiles.conf}/${program}`;
  const metadata = partMetadata(input, name, parts.jobs);
  new k8s.KubeJob(scope, "job", {
    metadata: { ...metadata, labels: podLabels(input, parts.jobs) },
    spec: jobSpec({ input, name, duty: "administering", file, deadlineSeconds, backoffLimit: 3 }),
  });
}

interface JobShape extends Omit<JobInput, "program"> {
  readonly duty: Duty;
  readonly file: string;
  readonly backoffLimit: number;
}

function jobSpec({ input, name, duty, file, deadlineSeconds, backoffLimit }: JobShape): k8s.JobSpec {
  return {
    backoffLimit,
    activeDeadlineSeconds: deadlineSeconds,
    template: {
      metadata: { labels: podLabels(input, parts.jobs) },
      spec: {
        ...nextcloudPod(input, { name, duty, command: ["php", "-f", file], resources }),
        restartPolicy: "Never",
      },
    },
  };
}
