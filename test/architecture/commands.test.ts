import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { apiVersion, names } from "../../crds/group.ts";
import { kinds } from "../../crds/kinds.ts";
import { strangeFields } from "./named-fields.ts";
import { blocksOf, type CodeBlock, codeSpansOf } from "./page-code.ts";
import { files, pages, textOf } from "./repository.ts";
import { shellText } from "./shell-commands.ts";
import { strangeValues, wrongWith } from "./spoken-commands.ts";

const blocks = pages.flatMap(blocksOf);
const at = ({ page, line }: CodeBlock): string => `${page}:${line}`;
const shown = blocks.filter(({ language }) => language === "sh").map((block) => ({ at: at(block), block }));

async function problemsOf(commands: readonly (readonly string[])[], manner: "shown" | "mentioned"): Promise<string[]> {
  const judged = await Promise.all(commands.map((words) => wrongWith(words, manner)));
  return judged.flatMap((problem, index) =>
    problem === undefined ? [] : [`${commands[index]?.join(" ")}: ${problem}`],
  );
}

describe("a page", () => {
  it.each(shown)("shows commands that can be typed, at $at", async ({ block }) => {
    const { commands, problems } = shellText(block.text);
    expect(problems).toEqual([]);
    expect(await problemsOf(commands, "shown")).toEqual([]);
  });

  it.each(pages)("mentions commands that there are: %s", async (page) => {
    const mentioned = codeSpansOf(page)
      .filter((code) => /^(npx socle|socle|kubectl|helm|npm) [a-z-]/.test(code))
      .flatMap((code) => shellText(code).commands);
    expect(await problemsOf(mentioned, "mentioned")).toEqual([]);
  });

  it.each(pages)("names labels and annotations of ours that there are: %s", (page) => {
    const known: readonly string[] = [...Object.values(names), apiVersion];
    const named = [...textOf(page).matchAll(/(?<![\w.])socle\.dev\/[a-z0-9-]+/g)].map(([name]) => name);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

interface Written {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly spec?: unknown;
}

const written = blocks
  .filter(({ language }) => language === "yaml")
  .flatMap((block) => parseAllDocuments(block.text).map((document) => ({ at: at(block), block, document })));
const metaOf = (kind: string | undefined) => kinds.find((meta) => meta.kind === kind);

describe("YAML of a page", () => {
  it.each(written)("can be read, at $at", ({ document }) => {
    expect(document.errors).toEqual([]);
  });

  const objects = written.filter(({ document }) => (document.toJS() as Written | null)?.apiVersion === apiVersion);
  it.each(objects)("is an object that its schema takes, at $at", ({ document }) => {
    const object = document.toJS() as Written;
    const meta = metaOf(object.kind);
    if (meta === undefined) throw new Error(`${object.kind ?? "an object"} is no kind of ours`);
    expect(meta.spec.safeParse(object.spec).error?.issues ?? []).toEqual([]);
    expect(strangeFields(meta, object)).toEqual([]);
  });

  const parts = written.flatMap(({ at: place, block, document }) => {
    const meta = metaOf(/^# spec of an? (\w+)/.exec(block.text)?.[1]);
    return meta === undefined ? [] : [{ place, meta, document }];
  });
  it.each(parts)("is a part of a spec that has these fields, at $place", ({ meta, document }) => {
    expect(strangeFields(meta, { spec: document.toJS() as unknown })).toEqual([]);
  });

  const values = written.filter(({ block }) => block.text.startsWith("# values of the chart socle"));
  it.runIf(files.includes("charts/socle/values.schema.json")).each(values)(
    "is a file of values that the chart takes, at $at",
    ({ document }) => {
      expect(strangeValues(document.toJS())).toEqual([]);
    },
  );

  it("that reads like a part of a spec of ours says of which kind in its first line", () => {
    const said = new Set(parts.map(({ place }) => place));
    const alike = written.filter(({ document }) => {
      const spec = document.toJS() as unknown;
      return kinds.some((meta) => strangeFields(meta, { spec }).length === 0);
    });
    expect(alike.map((one) => one.at).filter((place) => !said.has(place))).toEqual([]);
  });
});

describe("the judge of commands", () => {
  it.each([
    ["kubectl get tenents", "no kind is called tenents"],
    ["kubectl fetch tenants", "kubectl has no verb fetch"],
    ["kubectl get mod", "lies in a namespace"],
    ["kubectl wait --for=condition=Redy tenant/minagri", "has no condition Redy"],
    [
      `kubectl patch tn minagri --type merge -p '{"spec":{"lifecycle":{"protection":false}}}'`,
      "spec.lifecycle.protection",
    ],
    ["kubectl get tenant minagri -o jsonpath='{.status.modulesRedy}'", "status.modulesRedy"],
    ["kubectl explain tenant.spec.modul", "spec.modul"],
    ["npx socle stats", "unknown command"],
    ["socle status minagri | socle policy check -f - --stric", "unknown option"],
    ['echo "$(socle export)"', "required option"],
    ["helm upgrade --install socle charts/socles", "no chart charts/socles"],
    ["helm upgrade socle charts/socle --set replicas=2", "no value replicas"],
    ["npm run demos", "no script demos"],
  ])("finds what is wrong in %s", async (line, problem) => {
    expect((await problemsOf(shellText(line).commands, "shown")).join()).toContain(problem);
  });

  it("finds lines that bash does not take, and names that it would take for files", () => {
    expect(shellText("kubectl get pods 'x").problems).not.toEqual([]);
    expect(shellText("kubectl get tenant <name>").problems.join()).toContain("angle brackets");
  });
});
