import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** A word that code writes into conditions, and where: `operator/kube/translate-error.ts:70`. */
export interface Written {
  readonly word: string;
  readonly at: string;
}

/** Errors whose first argument is the reason that ends up in a condition. */
const errorsWithReason = new Set(["TerminalError", "WaitingError", "TransientError", "OperatorError"]);
/** Signals of the runtime, which end up in no condition: "our view was stale" and "list again" say nothing about an object. */
const signals = new Set(["ConflictError", "ExpiredError"]);

/**
 * Every text that the code of these files uses as a reason: `reason: "X"`, `const reason = "X"`, `new TerminalError("X", …)`, and a
 * constructor of such an error that passes its own. Read from the syntax, not from the text: a comment or a comparison writes nothing.
 */
export function writtenReasons(root: string, files: readonly string[]): Written[] {
  return files.flatMap((file) =>
    written(root, file, (node) => {
      if (isNamed(node, "reason")) return node.initializer;
      if (ts.isNewExpression(node) && errorsWithReason.has(node.expression.getText())) return node.arguments?.[0];
      if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.SuperKeyword) return undefined;
      return extendsError(node) ? node.arguments[0] : undefined;
    }),
  );
}

/**
 * Every text that the code of these files uses as the type of a condition: beside a `run` in a chapter, beside a `reason` in a check,
 * or given to a function of the same file that says it returns a Chapter.
 */
export function writtenTypes(root: string, files: readonly string[]): Written[] {
  return files.flatMap((file) => {
    const makers = new Set<string>();
    return written(root, file, (node) => {
      if (ts.isVariableDeclaration(node) && makesChapter(node.initializer)) makers.add(node.name.getText());
      if (ts.isCallExpression(node) && makers.has(node.expression.getText())) return node.arguments[0];
      if (!ts.isPropertyAssignment(node) || !isNamed(node, "type") || !ts.isObjectLiteralExpression(node.parent))
        return undefined;
      const beside = new Set(node.parent.properties.map((property) => property.name?.getText()));
      return beside.has("run") || (beside.has("reason") && beside.has("status")) ? node.initializer : undefined;
    });
  });
}

function makesChapter(value: ts.Expression | undefined): boolean {
  return value !== undefined && ts.isArrowFunction(value) && value.type?.getText() === "Chapter";
}

function written(root: string, file: string, pick: (node: ts.Node) => ts.Expression | undefined): Written[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
  const found: Written[] = [];
  const visit = (node: ts.Node): void => {
    for (const literal of literalsOf(pick(node))) {
      const { line } = source.getLineAndCharacterOfPosition(literal.getStart());
      found.push({ word: literal.text, at: `${file}:${line + 1}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isNamed(node: ts.Node, name: string): node is ts.PropertyAssignment | ts.VariableDeclaration {
  const holdsValue = ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node);
  return holdsValue && ts.isIdentifier(node.name) && node.name.text === name;
}

/** Is this `super(…)` in a class that extends one of our errors, and is no signal? */
function extendsError(call: ts.CallExpression): boolean {
  let node: ts.Node = call;
  while (!ts.isClassDeclaration(node)) {
    if (ts.isSourceFile(node)) return false;
    node = node.parent;
  }
  if (signals.has(node.name?.text ?? "")) return false;
  const parents = (node.heritageClauses ?? []).flatMap((clause) =>
    clause.types.map((type) => type.expression.getText()),
  );
  return parents.some((parent) => errorsWithReason.has(parent));
}

/** The texts that an expression may have: both branches of a choice. */
function literalsOf(value: ts.Expression | undefined): ts.StringLiteral[] {
  if (value === undefined) return [];
  if (ts.isStringLiteral(value)) return [value];
  if (ts.isAsExpression(value) || ts.isParenthesizedExpression(value)) return literalsOf(value.expression);
  if (ts.isConditionalExpression(value)) return [...literalsOf(value.whenTrue), ...literalsOf(value.whenFalse)];
  if (ts.isBinaryExpression(value)) return [...literalsOf(value.left), ...literalsOf(value.right)];
  return [];
}
