import type { Evaluation } from "../check.ts";
import { type FieldRead, isRead, type Problem, type Read } from "../read.ts";
import { type Seen, type SeenValue, textOf, Unknown } from "../seen.ts";

/** A ConfigMap of ours in a tenant's namespace. */
export function fileRead(name: string, fields: readonly FieldRead[]): Read {
  return { apiVersion: "v1", kind: "ConfigMap", scope: "tenant", named: [name], fields };
}

/** Commands of `occ` that a Job gives one after the other to Nextcloud. */
export const nextcloudCommands = "data[settings.json]|";

/** Whether the last command about that app switches it on or off; undefined: none is about it. */
export function lastSwitch(config: Seen, app: string): "app:enable" | "app:disable" | undefined {
  const { field, value } = config.one(nextcloudCommands);
  if (!Array.isArray(value)) throw new Unknown(field, `${field} is no list of commands.`);
  const commands = value.map((words: unknown): readonly unknown[] => (Array.isArray(words) ? words : []));
  const last = commands.findLast(([verb, name]) => (verb === "app:enable" || verb === "app:disable") && name === app);
  return last?.[0] === "app:enable" || last?.[0] === "app:disable" ? last[0] : undefined;
}

/** What a pattern with one group finds in a file that has such a statement once; twice, and nobody can say which holds. */
export function statement(seen: SeenValue, pattern: RegExp, what: string): string {
  const found = [...textOf(seen).value.matchAll(pattern)];
  const [, value] = found[0] ?? [];
  if (value === undefined || found.length > 1)
    throw new Unknown(seen.field, `${seen.field} does not say once what ${what} is.`);
  return value;
}

/** Objects of one sort among those that a check judges, and what the rule means for them. */
export interface Subject {
  readonly read: Read;
  readonly judge: (object: Seen) => readonly Problem[];
}

/** A rule that each module keeps in a file of its own. */
export function judgedApart(subjects: readonly Subject[]): Evaluation {
  return {
    status: "implemented",
    subjects: subjects.map(({ read }) => read),
    judge: (object) => subjects.find(({ read }) => isRead(read, object.object))?.judge(object) ?? [],
  };
}
