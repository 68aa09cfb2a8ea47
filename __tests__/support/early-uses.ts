import ts from "typescript";

/**
 * Where a function uses a constant or a class of the function around it that is declared only later, as `file:line name`.
 *
 * The compiler allows it, since the inner function may run late; when it runs early, it throws. What a declaration says of
 * itself, such as a function that calls itself, is no such use.
 *
 * @param files paths
 * @param read text of a file; on disk by default
 */
export function earlyUses(files: readonly string[], read = ts.sys.readFile): string[] {
  // One file says everything about its own names: neither imports nor libraries are loaded.
  const options: ts.CompilerOptions = { noLib: true, noResolve: true, types: [], target: ts.ScriptTarget.ESNext };
  const host: ts.CompilerHost = { ...ts.createCompilerHost(options), readFile: read, fileExists: () => true };
  host.getSourceFile = (path, languageVersion) => ts.createSourceFile(path, read(path) ?? "", languageVersion, true);
  const program = ts.createProgram([...files], options, host);
  const checker = program.getTypeChecker();

  return files.flatMap((path) => {
    const file = program.getSourceFile(path);
    if (!file) throw new Error(`${path} is not there`);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && isEarly(node, checker, file))
        found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.text}`);
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  });
}

function isEarly(use: ts.Identifier, checker: ts.TypeChecker, file: ts.SourceFile): boolean {
  if (ts.isPropertyAccessExpression(use.parent) && use.parent.name === use) return false;
  const symbol = ts.isShorthandPropertyAssignment(use.parent)
    ? checker.getShorthandAssignmentValueSymbol(use.parent)
    : checker.getSymbolAtLocation(use);
  const declared = symbol?.valueDeclaration;
  if (declared?.getSourceFile() !== file) return false;
  const declaration = ts.findAncestor(
    declared,
    (node) => ts.isVariableDeclaration(node) || ts.isClassDeclaration(node),
  );
  const isParameter = ts.findAncestor(declared, ts.isParameter) !== undefined && !ts.isVariableDeclaration(declared);
  if (!declaration || isParameter || use.pos >= declaration.pos) return false;
  const around = functionAround(declaration);
  // A module runs as a whole before anybody calls into it.
  return around !== undefined && functionAround(use) !== around;
}

const functionAround = (node: ts.Node) => ts.findAncestor(node.parent, ts.isFunctionLike);
