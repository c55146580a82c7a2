/** Who may import whom. A rule's name is the sentence that a broken import reads. */
const rule = (name, from, to) => ({ name, severity: "error", from, to });
const packageOnlyIn = (pkg, where) =>
  rule(
    `${pkg} is imported in ${where} only`,
    { pathNot: [`^${where}/`, "^test/", "\\.test\\.ts$"] },
    { path: `node_modules/${pkg}(/|$)` },
  );

module.exports = {
  forbidden: [
    rule("no import goes round in a circle", {}, { circular: true }),
    rule("nothing imports the composition root", { pathNot: "^operator/main\\.ts$" }, { path: "^operator/main\\.ts$" }),
    rule(
      "nothing that ships imports a test",
      { path: "^(crds|constructs|operator)/", pathNot: "\\.test\\.ts$" },
      { path: "^test/|\\.test\\.ts$" },
    ),
    rule(
      "crds import nothing of ours",
      { path: "^crds/", pathNot: "\\.test\\.ts$" },
      { path: "^(constructs|operator|test|docs)/" },
    ),
    rule(
      "constructs import crds and nothing else of ours",
      { path: "^constructs/", pathNot: "\\.test\\.ts$" },
      { path: "^(operator|test|docs)/" },
    ),
    rule(
      "the runtime knows no room of ours",
      { path: "^operator/runtime/", pathNot: "\\.test\\.ts$" },
      { path: "^(crds|constructs|test|operator/(?!runtime/))" },
    ),
    rule(
      "the kube room enters the runtime and manifests only",
      { path: "^operator/kube/", pathNot: "\\.test\\.ts$" },
      { path: "^(crds|operator/(?!runtime/|kube/)|constructs/(?!manifest\\.ts))" },
    ),
    rule(
      "reconcile blocks know no external system",
      { path: "^operator/reconcile/", pathNot: "\\.test\\.ts$" },
      { path: "^operator/(?!runtime/|kube/|reconcile/)" },
    ),
    rule(
      "an external system enters runtime errors only",
      { path: "^operator/(keycloak|postgres|objectstore|openxchange|numspot)/", pathNot: "\\.test\\.ts$" },
      { path: "^(crds|constructs|operator/(?!runtime/|keycloak/|postgres/|objectstore/|openxchange/|numspot/))" },
    ),
    rule(
      "one external system does not know another",
      { path: "^operator/(keycloak|postgres|objectstore|openxchange|numspot)/" },
      { path: "^operator/(keycloak|postgres|objectstore|openxchange|numspot)/", pathNot: "^operator/$1/" },
    ),
    rule(
      "a module never enters another module",
      { path: "^operator/modules/([^/]+)/" },
      { path: "^operator/modules/([^/]+)/", pathNot: "^operator/modules/$1/" },
    ),
    rule(
      "a module never acts on Kubernetes or enters a controller",
      { path: "^operator/modules/", pathNot: "\\.test\\.ts$" },
      { path: "^operator/(controllers|cli|kube/(?!kube-api\\.ts))" },
    ),
    rule(
      "a controller never enters another controller",
      { path: "^operator/controllers/([^/]+)/" },
      { path: "^operator/controllers/([^/]+)/", pathNot: "^operator/controllers/$1/" },
    ),
    rule(
      "a controller enters ports, never an adapter",
      { path: "^operator/controllers/", pathNot: "\\.test\\.ts$" },
      {
        path: "^operator/(keycloak|postgres|objectstore|openxchange|numspot|kube)/.*(adapter|http|pg-|s3-|soap-|undici)",
      },
    ),
    rule(
      // What the reconcilers would apply, by their own code: the files of theirs that decide and never act.
      "an export enters what decides, never what acts or connects",
      { path: "^operator/export/", pathNot: "\\.test\\.ts$" },
      {
        path: "^operator/",
        pathNot:
          "^operator/(export/|modules/(closure|driver|registry)\\.ts|reconcile/|controllers/tenant/desired\\.ts|controllers/module/(scene|secrets|manifests)\\.ts|systems/secret-store\\.ts)",
      },
    ),
    rule(
      "the policy room enters crds and manifests only",
      { path: "^operator/policy/", pathNot: "\\.test\\.ts$" },
      { path: "^(test/|docs/|operator/(?!policy/)|constructs/(?!manifest\\.ts))" },
    ),
    rule(
      "the report room enters the policy room, the html room, crds and manifests only",
      { path: "^operator/report/", pathNot: "\\.test\\.ts$" },
      { path: "^(test/|docs/|operator/(?!report/|policy/|html/)|constructs/(?!(manifest|names)\\.ts))" },
    ),
    rule(
      "the html room knows no other",
      { path: "^operator/html/", pathNot: "\\.test\\.ts$" },
      { path: "^(crds|constructs|docs|test|operator/(?!html/))" },
    ),
    rule(
      "the program that people run is imported by its reference page only",
      { pathNot: "^(operator/cli/|docs/|test/)" },
      { path: "^operator/cli/" },
    ),
    rule(
      "nothing imports the docs but the check of generated files",
      { pathNot: "^(docs/|test/architecture/)" },
      { path: "^docs/" },
    ),
    rule(
      "the docs are made of declarations, never of what acts",
      { path: "^docs/", pathNot: "\\.test\\.ts$" },
      {
        path: "^(test/|operator/(?!access\\.ts|config\\.ts|cli/command-line\\.ts|telemetry/metric-definitions\\.ts|policy/))",
      },
    ),
    rule(
      "the charts are made of declarations: definitions, rights, policies and the configuration",
      { path: "^charts/(?!release/)", pathNot: "\\.test\\.ts$" },
      { path: "^(test/|docs/|constructs/|operator/(?!access\\.ts|config\\.ts|policy/admission/))" },
    ),
    rule(
      "how Socle is delivered is imported by the docs and by tests only",
      { pathNot: "^(charts/|docs/|test/)" },
      { path: "^charts/" },
    ),
    rule(
      "a release is made of declarations, never of what acts",
      { path: "^charts/release/", pathNot: "\\.test\\.ts$" },
      { path: "^(docs/|constructs/|operator/(?!version\\.ts|modules/catalogue\\.ts))" },
    ),
    rule(
      "a property takes its cases from the one place that sets how far is searched",
      { pathNot: "^test/support/fast-check\\.ts$" },
      { path: "^node_modules/fast-check/" },
    ),
    packageOnlyIn("@kubernetes/client-node", "operator/kube"),
    packageOnlyIn("cdk8s", "constructs"),
    packageOnlyIn("cdk8s-plus-28", "constructs"),
    packageOnlyIn("pino", "operator/telemetry"),
    packageOnlyIn("prom-client", "operator/telemetry"),
    packageOnlyIn("pg", "operator/postgres"),
    packageOnlyIn("@aws-sdk/client-s3", "operator/objectstore"),
    packageOnlyIn("saxes", "operator/openxchange"),
    packageOnlyIn("xmlbuilder", "operator/openxchange"),
    packageOnlyIn("commander", "operator/cli"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
