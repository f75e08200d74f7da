"""Fails where a type of one namespace is defined in two files.

The linker takes one of two destructors of the same name for both types, without a word, and the program crashes where
they differ. Types in a namespace without a name are apart from each other.
"""

import pathlib
import re
import sys

NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'(?<!\d\'\d\')'
    r"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
    re.S | re.M,
)
DIGIT_MARKS = re.compile(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])")
NAMESPACE = re.compile(r"\b(?:inline\s+)?namespace\s*([\w:]*)\s*$")
TYPE = re.compile(
    r"\b(?:struct|class|union|enum(?:\s+(?:class|struct))?)\s+(?:alignas\([^)]*\)\s*)?([\w:]+)"
    r"\s*(?:final\s*)?(?::(?!:).*)?$",
    re.S,
)


def types_in(text):
    """The full names of the types that a source defines in namespaces with names."""
    text = NOISE.sub(" ", DIGIT_MARKS.sub("", text))
    scopes, statement, found = [], "", []
    for piece in re.split(r"([{};])", text):
        if piece == "{":
            namespace, defined = NAMESPACE.search(statement), TYPE.search(statement)
            if namespace:
                scopes.append(namespace[1] or None)
            else:
                is_type = defined and "(" not in statement[defined.end(1) :]
                if is_type and all(scopes):
                    found.append("::".join([*scopes, defined[1]]))
                scopes.append(None)
        elif piece == "}" and scopes:
            scopes.pop()
        statement = "" if piece in "{};" else piece
    return found


def sources(root):
    for folder in sorted(root.iterdir()):
        if folder.name != "tests" and (folder / "CMakeLists.txt").is_file():
            yield from (file for file in sorted(folder.rglob("*")) if file.suffix in (".h", ".cpp"))


def main(root):
    places = {}
    for file in sources(root):
        for found in types_in(file.read_text(encoding="utf-8")):
            places.setdefault(found, []).append(str(file.relative_to(root)))
    print(f"{len(places)} types in namespaces with names")
    twice = {name: files for name, files in places.items() if len(files) > 1}
    for name, files in sorted(twice.items()):
        print(f"{name} is defined in {' and '.join(files)}; rename one, or put it in a namespace without a name")
    return 1 if twice or not places else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
