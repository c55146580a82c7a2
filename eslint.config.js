import tseslint from "typescript-eslint";

/** Rooms whose functions decide and never act: same input, same output. */
const pureRooms = [
  "crds/**/*.ts",
  "constructs/**/*.ts",
  "operator/reconcile/**/*.ts",
  "operator/export/**/*.ts",
  "operator/policy/**/*.ts",
  "operator/report/**/*.ts",
  "operator/html/**/*.ts",
  "operator/modules/**/{accessibility,driver,catalog,config,desired,realm}*.ts",
  "operator/controllers/**/{checks,status,desired,plan,manifests,secrets}*.ts",
  "operator/*/plan.ts",
  "operator/*/normalise.ts",
];

/** The few files of those rooms that act: they carry out what the others decided. */
const impureFiles = [
  "**/*.test.ts",
  "crds/generate.ts",
  "operator/reconcile/{claim-names,execute,publish-status,story,workload}.ts",
];

export default tseslint.config(
  {
    ignores: [
      "node_modules/",
      "dist/",
      ".socle/",
      "**/generated/**",
      "eslint.config.js",
      "operator/cli/socle.js",
      ".dependency-cruiser.cjs",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 3],
      "max-depth": ["error", 3],
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    files: pureRooms,
    ignores: impureFiles,
    rules: {
      "no-restricted-globals": ["error", "process", "console", "fetch", "setTimeout", "setInterval", "setImmediate"],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Randomness enters as an argument." },
        { object: "Date", property: "now", message: "Time enters as an argument." },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "Time enters as an argument." },
        {
          selector:
            "FunctionDeclaration[async=true], ArrowFunctionExpression[async=true], FunctionExpression[async=true]",
          message: "A pure room decides; it does not wait.",
        },
        { selector: "AwaitExpression", message: "A pure room decides; it does not wait." },
      ],
    },
  },
  {
    // Tests describe behaviour in long blocks; the length of a describe() says nothing about its quality.
    files: ["**/*.test.ts", "test/**/*.ts"],
    rules: {
      "max-lines-per-function": "off",
      "max-lines": "off",
      "max-params": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
  {
    // Programs for a person: their output is the terminal.
    files: [
      "operator/cli/**/*.ts",
      "charts/release/package.ts",
      "test/**/*.ts",
      "crds/generate.ts",
      "operator/generate-rbac.ts",
      "operator/generate-admission.ts",
      "charts/generate.ts",
      "docs/generate.ts",
    ],
    rules: { "no-console": "off" },
  },
);
