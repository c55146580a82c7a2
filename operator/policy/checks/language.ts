import type { Evaluation } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import type { Seen, SeenValue } from "../seen.ts";

const others = ["en", "", "fr-CH-x"];
const fileOf = (name: string, path: string, violations: readonly unknown[]): Read => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  scope: "tenant",
  named: [name],
  fields: [{ path, whenAbsent: "fail", violations }],
});

/** A file of assignments or of PHP is no data: the one line that sets the language is looked for, the last of them counts. */
const lines: Readonly<Record<string, RegExp>> = {
  "data[custom-config.js]": /^config\["defaultLanguage"\] = "([^"]*)";$/gm,
  "data[serving.config.php]": /^ {2}'default_language' => '([^']*)',$/gm,
};

const files: readonly Read[] = [
  fileOf("web-client-config", "data[config.json]|setting_defaults.language", others),
  fileOf("openproject-config", "data[configuration.yml]|default.default_language", others),
  fileOf("jitsi-web-settings", "data[custom-config.js]", ['config["defaultLanguage"] = "en";\n', ""]),
  fileOf("nextcloud-config", "data[serving.config.php]", ["$CONFIG = [\n  'default_language' => 'en',\n];", ""]),
];

function languageOf(file: Seen, path: string): SeenValue {
  const line = lines[path];
  if (line === undefined) return file.one(path);
  const { field, value } = file.text(path);
  return { field, value: [...value.matchAll(line)].at(-1)?.[1] };
}

/**
 * 19-11, requirement 19.3.a, for the modules whose settings are files. The office follows the drive, the webmail the App Suite; the language of the realm
 * is the identity server's to tell.
 */
export const language: Evaluation = {
  status: "implemented",
  subjects: files,
  judge: (file): readonly Problem[] => {
    const path = files.find(({ named }) => named?.includes(file.name))?.fields[0]?.path ?? "";
    const { field, value } = languageOf(file, path);
    if (value === "fr") return [];
    const observed = typeof value === "string" ? value.slice(0, 16) : "absent";
    return [
      { field, observed, message: "People meet this module in another language first; set French as its default." },
    ];
  },
};
