"""Writes src/identity/unicode/bases.txt: what common collations take for a base letter, though Unicode does not
decompose it so. The test of the tables of Unicode makes bases.bin of it.

Two sources: the primary weights of the Unicode Collation Algorithm (those of MySQL's utf8mb4_0900_ai_ci, and of ICU at
its primary strength without an order of one language), and for Latin what PostgreSQL's unaccent and SQL Server take for a
letter with an accent: that the letter's name says `LETTER D WITH STROKE`.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata
import zipfile

OUT = pathlib.Path(__file__).parents[1] / "src/identity/unicode/bases.txt"

# Letters whose names do not say what they are taken for, by unaccent or SQL Server.
NAMED = {
    "DOTLESS I": "i",
    "DOTLESS J": "j",
    "LONG S": "s",
    "OPEN E": "e",
    "SCRIPT G": "g",
    "IOTA": "i",
    "U BAR": "u",
    "ENG": "n",
    "ETH": "d",
    "AFRICAN D": "d",
    "THORN": "th",
    "KRA": "q",
    "HV": "hv",
    "OI": "oi",
    "AE": "ae",
    "OE": "oe",
    "SHARP S": "ss",
    "MIDDLE-WELSH V": "v",
    "DUM": "d",
    "LUM": "l",
    "MUM": "m",
    "NUM": "n",
    "RUM": "r",
    "TUM": "t",
}
# Signs of addresses and names that unaccent takes for ASCII's.
SIGNS = {
    "!": "\u00a1",
    "?": "\u00bf",
    "*": "\u00d7\u204e",
    "/": "\u00f7\u2044\u2215",
    "'": "\u2018\u2019\u201b\u2032\u02b9\u02bb\u02bc\u02bd\u02c8",
    '"': "\u201c\u201d\u201f\u2033\u02ba\u301d\u301e",
    "-": "\u2010\u2012\u2013\u2014\u2015\u2212\u02d7",
    ",": "\u201a\u3001",
    ".": "\u3002",
    "+": "\u02d6",
    "^": "\u02c4\u02c6",
    "`": "\u02cb",
    ":": "\u02d0",
    "|": "\u2223",
    "||": "\u2016\u2225",
    "\\": "\u2216",
    "<": "\u2039\u02c2\u3008",
    ">": "\u203a\u02c3\u3009",
    "<<": "\u00ab\u300a",
    ">>": "\u00bb\u300b",
    "[": "\u2045",
    "]": "\u2046",
}


def allkeys():
    """The table of the Unicode Collation Algorithm, out of the package pyuca 1.2."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "pyuca==1.2"]
        subprocess.run(pip, check=True)
        [wheel] = pathlib.Path(folder).iterdir()
        with zipfile.ZipFile(wheel) as package:
            return package.read("pyuca/allkeys-10.0.0.txt").decode()


def weights(text):
    """The primary weights of each character."""
    found = {}
    for line in text.splitlines():
        entry = re.match(r"([0-9A-F]+)\s*;\s*(.*?)\s*[#%]", line)
        if entry:
            primaries = re.findall(r"\[[.*]([0-9A-F]+)", entry[2])
            found[chr(int(entry[1], 16))] = tuple(int(weight, 16) for weight in primaries if int(weight, 16))
    return found


def implicit(character):
    """The weights of a Han character, which does not stand in the table, in the blocks that the radicals use."""
    code = ord(character)
    return (0xFB40 + (code >> 15) if 0x4E00 <= code < 0xA000 else 0xFB80 + (code >> 15), code & 0x7FFF | 0x8000)


def is_invisible(character):
    """Whether it is removed before anything else."""
    code = ord(character)
    return 0xFE00 <= code <= 0xFE0F or code >= 0xE0000 or code in (0x34F, 0x17B4, 0x17B5) or 0x180B <= code <= 0x180F


def is_stable(character):
    return unicodedata.normalize("NFKD", character) == character


def collated(table):
    """What the Unicode Collation Algorithm takes for others, or for nothing, at its first level."""
    bases = {}
    for character in sorted(table):
        primaries = table[character]
        if len(primaries) == 1 and is_stable(character) and character.casefold() == character:
            if unicodedata.combining(character) == 0:
                bases.setdefault(primaries, character)
    for code in [*range(0x3400, 0x4DB6), *range(0x4E00, 0x9FEB)]:
        bases.setdefault(implicit(chr(code)), chr(code))
    for character, primaries in table.items():
        text, left = "", primaries
        while left:
            length = 2 if left[0] >= 0xFB40 else 1
            base = bases.get(left[:length])
            if base is None:
                break
            text, left = text + base, left[length:]
        if not left:
            yield character, text


def named(character):
    """What its name says that a Latin letter is a variant of."""
    name = unicodedata.name(character, "")
    found = re.match(r"LATIN (?:SMALL|CAPITAL) LETTER (.+?)(?: WITH .*)?$", name)
    found = found or re.match(r"LATIN LETTER SMALL CAPITAL ([A-Z]{1,2})(?: WITH .*)?$", name)
    word = found[1] if found else ""
    return NAMED.get(word) or (word.lower() if re.fullmatch("[A-Z]", word) else None)


def main():
    table = dict(collated(weights(allkeys())))
    everything = [chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]
    signs = {sign: base for base, all_signs in SIGNS.items() for sign in all_signs}
    bases = {}
    for character in everything:
        if (
            not is_stable(character)
            or is_invisible(character)
            or unicodedata.category(character) in ("Cn", "Co", "Cc", "Cf")
        ):
            continue
        text = signs.get(character) or named(character) or table.get(character)
        if text is None and unicodedata.category(character) == "Nd":
            text = str(unicodedata.digit(character))
        if text is None:
            continue
        # What the collation takes it for may itself be taken for another.
        text = "".join(signs.get(each) or named(each) or each for each in text)
        if character.isupper():
            text = text.upper()
        # A mark that is taken for nothing is removed as a mark.
        is_removed = text == "" and unicodedata.combining(character) != 0
        if text.lower() != character.lower() and not is_removed:
            bases[character] = text
    lines = [f"{ord(character):04X} {text}".rstrip() for character, text in sorted(bases.items())]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"bases: {len(lines)} characters", file=sys.stderr)


main()
