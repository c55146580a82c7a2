import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** A reason that code writes, and where. */
export interface WrittenReason {
  readonly reason: string;
  /** `operator/kube/translate-error.ts:70` */
  readonly at: string;
}

/** Errors whose first argument is the reason that ends up in a condition. */
const errorsWithReason = new Set(["TerminalError", "WaitingError", "TransientError", "OperatorError"]);

/**
 * Every text that the code of these files uses as a reason: `reason: "X"`, `const reason = "X"`, `new TerminalError("X", …)`, and a
 * constructor of such an error that passes its own. Read from the syntax, not from the text: a comment or a comparison writes nothing.
 */
export function writtenReasons(root: string, files: readonly string[]): WrittenReason[] {
  return files.flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
    const found: WrittenReason[] = [];
    const note = (value: ts.Expression | undefined): void => {
      for (const literal of literalsOf(value)) {
        const { line } = source.getLineAndCharacterOfPosition(literal.getStart(source));
        found.push({ reason: literal.text, at: `${file}:${line + 1}` });
      }
    };
    const visit = (node: ts.Node): void => {
      if (namesReason(node)) note(node.initializer);
      if (ts.isNewExpression(node) && errorsWithReason.has(node.expression.getText(source))) note(node.arguments?.[0]);
      if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword && isOurError(node, source))
        note(node.arguments[0]);
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

function namesReason(node: ts.Node): node is ts.PropertyAssignment | ts.VariableDeclaration {
  return (
    (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) &&
    ts.isIdentifier(node.name) &&
    node.name.text === "reason"
  );
}

/** Is this `super(…)` in a class that extends one of our errors? */
function isOurError(call: ts.CallExpression, source: ts.SourceFile): boolean {
  for (let node: ts.Node = call; !ts.isSourceFile(node); node = node.parent) {
    if (ts.isClassDeclaration(node))
      return (
        node.heritageClauses?.some((clause) =>
          clause.types.some((type) => errorsWithReason.has(type.expression.getText(source))),
        ) ?? false
      );
  }
  return false;
}

/** The texts that an expression may have: both branches of a choice. */
function literalsOf(value: ts.Expression | undefined): ts.StringLiteral[] {
  if (value === undefined) return [];
  if (ts.isStringLiteral(value)) return [value];
  if (ts.isAsExpression(value) || ts.isParenthesizedExpression(value) || ts.isSatisfiesExpression(value))
    return literalsOf(value.expression);
  if (ts.isConditionalExpression(value)) return [...literalsOf(value.whenTrue), ...literalsOf(value.whenFalse)];
  if (ts.isBinaryExpression(value)) return [...literalsOf(value.left), ...literalsOf(value.right)];
  return [];
}
