"""Unquoted words as Kubernetes reads them.

kubectl and the API server read YAML by sigs.k8s.io/yaml, whose goyaml.v2 follows YAML 1.1 in part:
`0777` is octal, `yes` and `on` are true, while `1:30` and dates are text [goyaml.v2 resolve.go].
"""

import re

from domain.quantities import LARGEST

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {
    form: value
    for words, value in (("y yes true on", True), ("n no false off", False))
    for word in words.split()
    for form in (word, word.capitalize(), word.upper())
}
_SPECIAL = {
    f"{sign}.{form}": float(f"{sign}inf")
    for sign in ("", "+", "-")
    for form in ("inf", "Inf", "INF")
} | {form: float("nan") for form in (".nan", ".NaN", ".NAN")}
_INT = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)"
    r"|0[oO]?(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))\Z"
)
_BASES = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DATE = re.compile(r"\d{4}-", re.ASCII)
_LONGEST_NUMBER = 400


def manifest_scalar(text: str) -> object:
    """The value of an unquoted word in a file of Kubernetes."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text in _SPECIAL:
        return _SPECIAL[text]
    if text[0] not in "+-.0123456789" or _DATE.match(text):
        return text
    plain = text.replace("_", "") if text[0] != "." else text
    if match := _INT.match(plain):
        if len(plain) > _LONGEST_NUMBER:
            return LARGEST * 10
        base = match.lastgroup or "decimal"
        number = int(match[base], _BASES[base])
        return -number if match["sign"] == "-" else number
    if not _FLOAT.match(plain) or len(plain) > _LONGEST_NUMBER:
        return text
    return float(plain)
