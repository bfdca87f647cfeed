"""Documents that are a ZIP archive of XML files: unpacked with care, packed again with everything in its place."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from seqloom.core.errors import DataError, MissingExtraError

__all__ = ["Archive", "local", "to_xml", "xml"]

_MOST_FILES = 5000
_LARGEST = 128 << 20
"""Bytes of all files, unpacked, …"""
_LARGEST_XML = 32 << 20
"""… and of one that is read."""


class Archive:
    """Its files by name, as bytes, of a document that is at most as large as it says."""

    def __init__(self, name: str, content: bytes, *, kind: str) -> None:
        self.name = name
        self.kind = kind
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                self._infos = archive.infolist()
                self._check()
                self.files = {info.filename: _read(archive, info) for info in self._infos}
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise DataError(
                f"{name} must be {kind}, as its name says, but is no ZIP archive that can be read."
            ) from error

    def _check(self) -> None:
        unpacked = sum(info.file_size for info in self._infos)
        if len(self._infos) > _MOST_FILES or unpacked > _LARGEST:
            raise DataError(
                f"{self.name} must unpack to at most {_MOST_FILES} files of {_LARGEST >> 20} MiB in all, but has "
                f"{len(self._infos)} files of {unpacked / (1 << 20):.0f} MiB. Make its pictures smaller, or part it."
            )
        if any(info.flag_bits & 1 for info in self._infos):
            raise DataError(f"{self.name} must be without a password, but is encrypted. Save it without one.")
        if len({info.filename for info in self._infos}) < len(self._infos):
            raise DataError(f"{self.name} must have each of its files once, but has one twice. Save it anew.")

    def file(self, name: str) -> bytes:
        try:
            return self.files[name]
        except KeyError:
            raise DataError(f"{self.name} must be {self.kind}, as its name says, but has no `{name}` inside.") from None

    def packed(self, changed: Mapping[str, bytes]) -> bytes:
        """The archive with these files anew, in the order and the way of packing that it had."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for info in self._infos:
                kept = zipfile.ZipInfo(info.filename, info.date_time)
                kept.external_attr = info.external_attr
                stored = info.compress_type == zipfile.ZIP_STORED
                kept.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                archive.writestr(kept, changed.get(info.filename, self.files[info.filename]))
        return made.getvalue()


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """No more of it than it said it has, whatever it unpacks to."""
    with archive.open(info) as file:
        return file.read(info.file_size) if info.file_size else b""


def xml(archive: Archive, file: str) -> Any:
    """The root element of a file; a DataError where it is no XML, or has a DTD, whose entities can fill any memory."""
    etree = _etree()
    content = archive.file(file)
    if len(content) > _LARGEST_XML:
        raise DataError(
            f"{archive.name}: `{file}` inside must have at most {_LARGEST_XML >> 20} MiB. Part the document."
        )
    # Nothing is expanded, fetched or looked up, and lxml's own limits of depth and size hold.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise DataError(
            f"{archive.name}: `{file}` inside must be XML, but is not ({error.msg}). Save it anew."
        ) from error
    if root.getroottree().docinfo.doctype:
        raise DataError(f"{archive.name}: `{file}` inside must be without a DTD, but has one. Save it anew.")
    return root


def to_xml(root: Any) -> bytes:
    tree = root.getroottree()
    alone = tree.docinfo.standalone or None  # said only where it was said
    made: bytes = _etree().tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=alone)
    return made


def local(element: Any) -> str:
    """The name of an element without its namespace; "" of a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _etree() -> Any:
    try:
        from lxml import etree
    except ImportError as error:
        raise MissingExtraError("documents of Word and LibreOffice", extra="serve") from error
    return etree
