#!/usr/bin/env python3
"""Make sidecar/engine/language_table.c: languages.txt as C strings.

    python3 config/data/make_languages.py | clang-format \\
        > sidecar/engine/language_table.c

Each word and letter stands once in each language, in the order of the file;
what is not ASCII is written in octal. language_words.c builds its tables from
the strings when it is first used.
"""

import pathlib

HERE = pathlib.Path(__file__).parent
COLUMNS = 80


def read(lines):
    """A dict of code, script, letters and words for each language."""
    rows = []
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        head, *rest = line.split()
        if line.startswith(" "):
            rows[-1]["words"] += line.split()
        elif head in ("letters", "words"):
            rows[-1][head] = rest
        else:
            rows.append({"code": head, "script": rest[0]})
    return rows


def both_cases(letters):
    """The letters, and those of their capitals that are one letter too."""
    capitals = [c.upper() for c in letters if len(c.upper()) == 1]
    return [*letters, *(c for c in capitals if c not in letters)]


def c_bytes(text):
    return "".join(
        chr(b) if b < 0x80 else f"\\{b:03o}" for b in text.encode("utf-8")
    )


def c_strings(pieces):
    """Lines of one C string, cut between pieces."""
    indent = " " * 5
    lines, line = [], ""
    for piece in dict.fromkeys(pieces):
        piece = c_bytes(piece) + " "
        if len(indent) + len(line) + len(piece) + 4 > COLUMNS and line:
            lines.append(f'{indent}"{line}"')
            line = ""
        line += piece
    lines.append(f'{indent}"{line.rstrip()}"')
    return "\n".join(lines)


def main():
    text = (HERE / "languages.txt").read_text(encoding="utf-8")
    rows = read(text.splitlines())
    print("/* Made by config/data/make_languages.py; do not edit. */")
    print('#include "sidecar/engine/language_table.h"\n')
    print("const struct language_table_row language_table_rows[] = {")
    for row in rows:
        letters = both_cases("".join(row.get("letters", [])))
        print(f'    {{"{row["code"]}",')
        print(f'     LANGUAGE_TABLE_{row["script"].upper()},')
        print(c_strings(letters) + ",")
        print(c_strings(row["words"]) + "},")
    print("};\n")
    print(f"const size_t language_table_count = {len(rows)};")


if __name__ == "__main__":
    main()
