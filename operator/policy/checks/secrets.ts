import type { Evaluation } from "../check.ts";
import type { FieldRead, Problem } from "../read.ts";
import type { Seen, SeenText } from "../seen.ts";
import { containerLists, podOf, podReads } from "./pod-templates.ts";
import { entriesOf } from "./text-maps.ts";

const word =
  "(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|private[_-]?key|(?:secret[_-]?)?access[_-]?key|credentials?)";
const secretName = new RegExp(`(?:^|[_.-]|[a-z])${word}$`, "i");
/** `password = x`, `"secret": "x"`, `'dbpassword' => 'x'`: a name that ends in such a word, and what it is set to. */
const setting = new RegExp(`^\\s*["']?[\\w.-]*${word}["']?\\s*(?:=>|[:=])\\s*(?<value>.*)$`, "i");

/** Settings stand on lines of their own, or one after another; the brace of a variable begins none. */
const settingEnds = /[\n,;]|(?<!\$)\{/;

/** Where a secret comes from rather than the secret: nothing, a switch, a path, a variable, a call that reads it. */
const harmless = [
  /^$/,
  /^(?:true|false|null|none|yes|no|on|off|\d+)$/i,
  /^\/[\w./-]*$/,
  /\$[({]/,
  /^<%=/,
  /^[\w\\]+\(/,
  /^\$\w+\[/,
  // A text that is put together with another one.
  /^\s*\.\s/,
  /^[[{>|]/,
];

/** Tells by itself what it is, wherever it stands. Lengths have a bound, so that no text makes the search long. */
const telltales: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----/],
  ["a password in an address", /[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/:@"']{0,255}:(?!\$[({])[^\s/@"'$<]{1,255}@/i],
  ["a signed token", /\beyJ[\w-]{10,511}\.eyJ[\w-]{10,4095}\.[\w-]{10}/],
  ["an access key", /\bAKIA[0-9A-Z]{16}\b/],
];

function isSecret(value: string): boolean {
  const plain = value
    .trim()
    .replace(/[,;}\])]+$/, "")
    .replace(/^["']|["']$/g, "");
  return !harmless.some((pattern) => pattern.test(plain));
}

/** What a text gives away; never the text itself. */
function givenAway(text: string): string | undefined {
  const telltale = telltales.find(([, pattern]) => pattern.test(text));
  if (telltale !== undefined) return telltale[0];
  const isSet = text.split(settingEnds).some((line) => isSecret(setting.exec(line)?.groups?.["value"] ?? ""));
  return isSet ? "a setting that is called a secret" : undefined;
}

const inClear = (field: string, what: string): Problem => ({
  field,
  observed: what,
  message: `${field} holds ${what} in clear, for everybody who may read the object; move it to a Secret, and replace it.`,
});

const inTexts = (texts: readonly SeenText[]): readonly Problem[] =>
  texts.flatMap(({ field, value }) => {
    const what = givenAway(value);
    return what === undefined ? [] : [inClear(field, what)];
  });

const annotations: FieldRead = {
  path: "metadata.annotations",
  whenAbsent: { default: {} },
  violations: [{ note: "password: correct-horse" }],
};
const ofMap = (object: Seen, path: string): readonly Problem[] => [
  ...inTexts(entriesOf(object.one(path)).map(([, text]) => text)),
  ...entriesOf(object.one(path)).flatMap(([key, { field, value }]) =>
    secretName.test(key) && !value.includes("\n") && isSecret(value)
      ? [inClear(field, "a value that is called a secret")]
      : [],
  ),
];

/** Those that the operator writes; another one in these namespaces is read by nobody of ours. */
const ownFiles = [
  "socle-tenant",
  "postgresql-config",
  "synapse-config",
  "synapse-trust",
  "web-client-config",
  "jitsi-prosody-rules",
  "jitsi-web-settings",
  "jitsi-login-trust",
  "nextcloud-config",
  "nextcloud-trust",
  "nextcloud-redis-config",
  "openproject-config",
  "openproject-trust",
  "openproject-redis-config",
  ...["synapse", "jitsi", "nextcloud", "collabora", "openproject"].map((of) => `${of}-accessibility-config`),
];

/** 10-19. https://kubernetes.io/docs/concepts/configuration/secret/#information-security-for-secrets */
export const noClearSecrets: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      scope: "tenant",
      named: ownFiles,
      fields: [
        annotations,
        {
          path: "data",
          whenAbsent: { default: {} },
          violations: [
            { "a.conf": "port = 1\ndb_password = correct-horse" },
            { "a.json": '{\n  "clientSecret": "correct-horse",\n}' },
            { "b.json": '{"port":1,"cache":{"password":"correct-horse"}}' },
            { "a.php": "'dbpassword' => 'correct-horse'," },
            { "a.yaml": "registration_shared_secret: correct-horse" },
            { "tls.key": "-----BEGIN EC PRIVATE KEY-----\nMHcC" },
            { url: "redis://:correct-horse@cache:6379" },
            { PASSWORD: "correct-horse" },
          ],
        },
      ],
    },
    ...podReads((pod) => [
      annotations,
      ...containerLists.flatMap((list): FieldRead[] => [
        { path: `${pod}.${list}.env[].name`, whenAbsent: "error", violations: [] },
        {
          path: `${pod}.${list}.env[].value`,
          whenAbsent: { default: "" },
          violations: ["correct-horse", "postgres://u:correct-horse@db/x"],
        },
      ]),
    ]),
  ],
  judge: (object) => {
    const pod = podOf(object.object);
    const own =
      pod === undefined
        ? ofMap(object, "data")
        : containerLists.flatMap((list) => ofEnvironment(object, `${pod}.${list}`));
    return [...ofMap(object, "metadata.annotations"), ...own];
  },
};

function ofEnvironment(object: Seen, container: string): readonly Problem[] {
  const values = object.texts(`${container}.env[].value`);
  const named = object.texts(`${container}.env[].name`).flatMap(({ value: name }, index) => {
    const { field = "", value = "" } = values[index] ?? {};
    return secretName.test(name) && isSecret(value) ? [inClear(field, "a value that is called a secret")] : [];
  });
  return [...named, ...inTexts(values)];
}

const fromSecrets = (pod: string): readonly string[] =>
  containerLists.flatMap((list) => [
    `${pod}.${list}.env[].valueFrom.secretKeyRef.name`,
    `${pod}.${list}.envFrom[].secretRef.name`,
  ]);

/** 10-20. The environment of a program goes to its children and into its crash reports. Recommendation 5.4.1 of the CIS benchmark for Kubernetes. */
export const secretsAsFiles: Evaluation = {
  status: "implemented",
  subjects: podReads((pod) =>
    fromSecrets(pod).map((path) => ({ path, whenAbsent: { default: "" }, violations: ["drive-secrets"] })),
  ),
  judge: (object) =>
    fromSecrets(podOf(object.object) ?? "")
      .flatMap((path) => object.texts(path))
      .filter(({ value }) => value !== "")
      .map(({ field, value }) => ({
        field,
        observed: value,
        message: `${field} puts a key of Secret ${value} into the environment; mount the Secret, and let the program read the file.`,
      })),
};
