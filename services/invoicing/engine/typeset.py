"""The invoice's typed data becomes PDF or a picture: typst alone, no network and no clock."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import typst

_log: Final = logging.getLogger(__name__)
_TEMPLATE: Final = Path(__file__).with_name("invoice.typ")
PICTURE_PPI: Final = 120
# The fonts in the typst wheel alone give the same bytes on every machine. A text that they have no
# glyphs for (kanji, say) takes the machine's fonts; where those lack it too, it shows as boxes.
_ATTEMPTS: Final[Sequence[tuple[bool, Literal["ua-1"] | None]]] = (
    (True, "ua-1"),
    (False, "ua-1"),
    (False, None),
)


def pdf_of(document: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """Tagged PDF (PDF/UA-1 wherever each character has a glyph); the same data, the same bytes."""
    failure: typst.TypstError | None = None
    for only_embedded, standard in _ATTEMPTS:
        try:
            [document_pdf] = _compile(
                document, "pdf", made_at, only_embedded=only_embedded, standard=standard
            )
        except typst.TypstError as error:
            failure = error
            _log.warning("the invoice's PDF is tried with other fonts: %s", error.message)
        else:
            return document_pdf
    raise RuntimeError("typst has made no PDF") from failure


def pictures_of(document: Mapping[str, Any], *, made_at: datetime) -> list[bytes]:
    """Each page as PNG."""
    return _compile(document, "png", made_at, only_embedded=False, standard=None)


def _compile(
    document: Mapping[str, Any],
    kind: Literal["pdf", "png"],
    made_at: datetime,
    *,
    only_embedded: bool,
    standard: Literal["ua-1"] | None,
) -> list[bytes]:
    pages: Any = typst.compile(
        _TEMPLATE.read_bytes(),
        format=kind,
        ppi=PICTURE_PPI,
        ignore_system_fonts=only_embedded,
        sys_inputs={"document": json.dumps(document, ensure_ascii=False, sort_keys=True)},
        pdf_standards=standard,
        timestamp=int(made_at.timestamp()),
    )
    return pages if isinstance(pages, list) else [pages]
