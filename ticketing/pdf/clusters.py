"""A font that reportlab draws from and no font file holds: one code for each shaped cluster.

Each document gets a Type 3 font with the outlines (or emoji pictures) of just its clusters, sharp
at any size, and a ToUnicode map with the very characters they stand for: so that names in every
script are real text that readers find, copy and read aloud. To
reportlab a cluster is one private-use character of this font.
"""

from __future__ import annotations

import io
from typing import Any
from weakref import WeakKeyDictionary

from PIL import Image
from reportlab.pdfbase import pdfdoc, pdfmetrics

from . import faces
from .scripts import Shaped

NAME = "clusters"
FIRST = 0xF0000  # Unicode's private plane 15
PER_FONT = 200  # of the 256 codes of a PDF font; 33 is the first, so none is a space
FIRST_CODE = 33
ASCENT, DESCENT = 1069, -293  # those of Noto Sans, so that lines of either stand alike


class _Metrics:
    """What reportlab asks a font's face for."""

    name = NAME
    ascent = ASCENT
    descent = DESCENT


class ClusterFont:
    """The one object reportlab knows the font by; `begin` empties it for the next document."""

    _multiByte = 1  # noqa: N815 - reportlab's names, for "measures by itself" …
    _dynamicFont = 1  # noqa: N815 - … and "is made when the document is saved"
    fontName = NAME  # noqa: N815
    encName = ""  # noqa: N815
    shapable = False
    face = _Metrics()

    def __init__(self) -> None:
        self._codes: dict[Shaped, int] = {}
        self._clusters: list[Shaped] = []
        self._names: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    def begin(self) -> None:
        """Forget the clusters of the document before."""
        self._codes.clear()
        self._clusters.clear()

    def char_for(self, shaped: Shaped) -> str:
        """The private-use character that draws this cluster."""
        code = self._codes.setdefault(shaped, len(self._clusters))
        if code == len(self._clusters):
            self._clusters.append(shaped)
        return chr(FIRST + code)

    # What reportlab calls, by its names.

    def stringWidth(  # noqa: N802
        self, text: str | bytes, size: float, encoding: str = "utf8"
    ) -> float:
        known = (self._cluster(char) for char in _decoded(text, encoding))
        return sum(cluster.advance for cluster in known if cluster) * size

    def splitString(  # noqa: N802
        self, text: str | bytes, _doc: object, encoding: str = "utf-8"
    ) -> list[tuple[int, bytes]]:
        parts: list[tuple[int, bytes]] = []
        for char in _decoded(text, encoding):
            if self._cluster(char) is None:
                continue
            subset, place = divmod(ord(char) - FIRST, PER_FONT)
            code = bytes([FIRST_CODE + place])
            if parts and parts[-1][0] == subset:
                parts[-1] = (subset, parts[-1][1] + code)
            else:
                parts.append((subset, code))
        return parts

    def getSubsetInternalName(self, subset: int, doc: Any) -> str:  # noqa: N802
        if doc not in self._names:
            self._names[doc] = name = f"C{len(doc.fontMapping) + 1}"
            doc.fontMapping[NAME] = f"/{name}"
            doc.delayedFonts.append(self)
        return f"/{self._names[doc]}+{subset}"

    def addObjects(self, doc: Any) -> None:  # noqa: N802
        fonts = doc.idToObject["BasicFonts"].dict
        for subset in range(-(-len(self._clusters) // PER_FONT)):
            members = self._clusters[subset * PER_FONT : (subset + 1) * PER_FONT]
            name = self.getSubsetInternalName(subset, doc)[1:]
            fonts[name] = doc.Reference(_type3(doc, name, members), name)
        del self._names[doc]

    def _cluster(self, char: str) -> Shaped | None:
        place = ord(char) - FIRST
        return self._clusters[place] if 0 <= place < len(self._clusters) else None


def _decoded(text: str | bytes, encoding: str) -> str:
    return text if isinstance(text, str) else text.decode(encoding)


FONT = ClusterFont()


def register() -> None:
    """Make the font known to reportlab."""
    pdfmetrics.registerFont(FONT)


def _stream(content: bytes | str, **entries: Any) -> Any:
    data = content.encode("ascii") if isinstance(content, str) else content
    return pdfdoc.PDFStream(pdfdoc.PDFDictionary(entries), data, filters=[pdfdoc.PDFZCompress])


def _type3(doc: Any, name: str, members: list[Shaped]) -> Any:
    pictures: dict[str, Any] = {}
    procs = pdfdoc.PDFDictionary({})
    for number, cluster in enumerate(members):
        if cluster.family == faces.EMOJI:
            content = _picture(doc, cluster, pictures)
        else:
            content = _outlines(cluster)
        procs[f"g{number}"] = doc.Reference(_stream(content))
    differences = [FIRST_CODE, *(f"/g{number}" for number in range(len(members)))]
    encoding = {
        "Type": pdfdoc.PDFName("Encoding"),
        "Differences": pdfdoc.PDFArray(differences),
    }
    resources = {"XObject": pdfdoc.PDFDictionary(pictures)} if pictures else {}
    return pdfdoc.PDFDictionary(
        {
            "Type": pdfdoc.PDFName("Font"),
            "Subtype": pdfdoc.PDFName("Type3"),
            "Name": pdfdoc.PDFName(name),
            # Zeros: nothing may be assumed, every glyph says its own box.
            "FontBBox": pdfdoc.PDFArray([0, 0, 0, 0]),
            "FontMatrix": pdfdoc.PDFArray([0.001, 0, 0, 0.001, 0, 0]),
            "FirstChar": FIRST_CODE,
            "LastChar": FIRST_CODE + len(members) - 1,
            "Widths": pdfdoc.PDFArray([round(c.advance * 1000, 2) for c in members]),
            "Encoding": pdfdoc.PDFDictionary(encoding),
            "CharProcs": procs,
            "Resources": pdfdoc.PDFDictionary(resources),
            "ToUnicode": doc.Reference(_stream(_to_unicode(members))),
        }
    )


def _to_unicode(members: list[Shaped]) -> str:
    lines = [
        f"<{FIRST_CODE + number:02X}> <{c.text.encode('utf-16-be', 'surrogatepass').hex()}>"
        for number, c in enumerate(members)
    ]
    # A block holds at most a hundred entries.
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    maps = "\n".join(
        f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar" for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        f"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n{maps}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    )


def _n(value: float) -> str:
    return f"{round(value, 2):g}"


def _outlines(cluster: Shaped) -> str:
    """The cluster in the colour of the text around it (d1)."""
    spelled = cluster.family is None
    face = faces.face(cluster.family or faces.TEXT, cluster.bold)
    size = 0.5 if spelled else 1
    advance = cluster.advance * 1000
    # A generous box: marks reach out of their cluster on every side.
    ops = [f"{_n(advance)} 0 -1000 -1000 {_n(advance + 1000)} 2000 d1"]
    if spelled:
        ops.append(_frame(advance))
    for glyph, x, y in cluster.glyphs:
        path = face.outline(glyph)
        if path:
            ops.append(f"q {size} 0 0 {size} {_n(x * 1000)} {_n(y * 1000)} cm\n{path}\nf Q")
    return "\n".join(ops)


def _frame(advance: float) -> str:
    left, width = 40, advance - 80
    return f"{left} -40 {_n(width)} 640 re {left + 30} -10 {_n(width - 60)} 580 re f*"


def _picture(doc: Any, cluster: Shaped, pictures: dict[str, Any]) -> str:
    """The cluster as the pictures of the emoji font, in their own colours (d0)."""
    face = faces.face(cluster.family or faces.EMOJI)
    ops = [f"{_n(cluster.advance * 1000)} 0 d0"]
    for glyph, x, y in cluster.glyphs:
        extents = face.font.get_glyph_extents(glyph)
        png = face.font.get_glyph_color_png(glyph)
        if not png or not png.data or extents is None:
            continue  # an invisible part of a sequence
        key = f"E{glyph}"
        if key not in pictures:
            pictures[key] = doc.Reference(_image(doc, png.data), f"emoji{glyph}")
        unit = 1000 / face.units
        left, top = x * 1000 + extents.x_bearing * unit, y * 1000 + extents.y_bearing * unit
        wide, high = extents.width * unit, -extents.height * unit
        place = f"{_n(wide)} 0 0 {_n(high)} {_n(left)} {_n(top - high)} cm"
        ops.append(f"q {place} /{key} Do Q")
    return "\n".join(ops)


def _image(doc: Any, png: bytes) -> Any:
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    size = picture.width, picture.height
    alpha = bitmap(picture.getchannel("A").tobytes(), *size, 8, "DeviceGray")
    pixels = picture.convert("RGB").tobytes()
    return bitmap(pixels, *size, 8, "DeviceRGB", SMask=doc.Reference(alpha))


def bitmap(pixels: bytes, width: int, height: int, bits: int, space: str, **entries: Any) -> Any:
    """An image object of the PDF."""
    return _stream(
        pixels,
        Type=pdfdoc.PDFName("XObject"),
        Subtype=pdfdoc.PDFName("Image"),
        Width=width,
        Height=height,
        BitsPerComponent=bits,
        ColorSpace=pdfdoc.PDFName(space),
        **entries,
    )
