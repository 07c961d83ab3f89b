"""Images as data: URLs, so that a page needs no other file."""

import base64
import io

from matplotlib.figure import Figure


def of_figure(figure: Figure) -> str:
    """A figure as a URL for an <img>."""
    buffer = io.BytesIO()
    # Higher levels take three times as long and hardly shrink photographs.
    figure.savefig(
        buffer, format="png", dpi=90, pil_kwargs={"compress_level": 1}
    )
    return of_png(buffer.getvalue())


def of_photos(figure: Figure) -> str:
    """A figure of photographs: as JPEG it has a tenth of the size."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=90, pil_kwargs={"quality": 88})
    return _url("jpeg", buffer.getvalue())


def of_png(content: bytes) -> str:
    """The bytes of a PNG file as a URL for an <img>."""
    return _url("png", content)


def _url(kind, content):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
