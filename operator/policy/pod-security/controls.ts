import type { Control } from "./control.ts";
import { hostAccess } from "./host-access.ts";
import { kernelConfinement } from "./kernel-confinement.ts";
import { privileges } from "./privileges.ts";
import { volumeSources } from "./volume-sources.ts";

/** The version of the Pod Security Standards that these controls are. Pinned, as a namespace pins it by its labels. */
export const podSecurityVersion = "v1.34";

/** All of baseline and restricted: https://kubernetes.io/docs/concepts/security/pod-security-standards/. */
export const controls: readonly Control[] = [...hostAccess, ...volumeSources, ...kernelConfinement, ...privileges];
