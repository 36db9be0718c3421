"""Arrays from .npy and .npz files of anybody's: what the headers promise is looked at before anything is unpacked or allocated."""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from diffcheck.errors import PointError
from diffcheck.printable import quoted, shown
from diffcheck.reading import opened

MAX_BYTES = 1_000_000_000  # of all arrays of a file
MAX_HEADER = 10_000
MAGIC = b"\x93NUMPY"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # that numpy.savez writes
FORM = "It must be written by numpy.savez or numpy.save, without pickled objects."
# what numpy and zipfile raise over bytes that nobody wrote so
BROKEN = (ValueError, OSError, EOFError, zlib.error, zipfile.BadZipFile, TypeError, KeyError, OverflowError, RuntimeError)
_PAIR = re.compile(r"'(descr|fortran_order|shape)'\s*+:\s*+('[^']{1,20}'|True|False|\([\d,\s]{0,1000}\))")
_TYPE = re.compile(r"'[<>=|]?[?a-zA-Z][0-9]{0,4}'")  # numpy would have Python parse what is longer
_HEADER = re.compile(rf"\s*+\{{\s*+(?:{_PAIR.pattern}\s*+,?\s*+){{3}}\}}\s*+")


def read_npy(path: Path) -> NDArray[Any]:
    """The array of an .npy file; raises PointError."""
    try:
        with opened(path, MAX_BYTES) as source:
            return _array(source.stream(), source.size)
    except BROKEN as error:
        _refuse(path, error)


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by their names; raises PointError."""
    try:
        with opened(path, MAX_BYTES) as source, zipfile.ZipFile(source.stream()) as archive:
            members = archive.infolist()
            _require_plain(members)
            return {member.filename.removesuffix(".npy"): _member(archive, member) for member in members}
    except BROKEN as error:
        _refuse(path, error)


def _require_plain(members: list[zipfile.ZipInfo]) -> None:
    names = set[str]()
    for member in members:
        name = member.filename
        if name in names:
            raise ValueError(f"there are two arrays {quoted(name.removesuffix('.npy'))}")
        if not name.endswith(".npy") or member.compress_type not in METHODS:
            raise ValueError(f"{quoted(name)} is not an array that NumPy has written")
        names.add(name)
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise ValueError(f"the arrays take more than {MAX_BYTES // 1_000_000:,} MB")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as file:
        return _array(file, member.file_size)  # zipfile gives no more bytes than that


def _array(file: IO[bytes], size: int) -> NDArray[Any]:
    """The array that begins here and ends with the `size` bytes; raises any of BROKEN."""
    shape, is_fortran, dtype = _header(file)
    if dtype.kind not in "biufc":
        raise ValueError(f"it holds {shown(dtype)}, which is not a number")
    count = math.prod(shape)
    length = count * dtype.itemsize
    content = file.read(length) if 0 <= length <= size else b""
    if len(content) != length:
        raise ValueError("the header promises more numbers than there are")
    return np.frombuffer(content, dtype, count).reshape(shape, order="F" if is_fortran else "C")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape, whether columns come first, and the type. numpy would have Python parse it, which is more than it needs."""
    magic = file.read(len(MAGIC) + 2)
    if not magic.startswith(MAGIC) or len(magic) < len(MAGIC) + 2:
        raise ValueError("it is not an array that NumPy has written")
    length = int.from_bytes(file.read(2 if magic[len(MAGIC)] == 1 else 4), "little")
    text = file.read(min(length, MAX_HEADER)).decode("latin1")
    pairs = dict(_PAIR.findall(text))
    if len(text) != length or not _HEADER.fullmatch(text) or len(pairs) != 3 or not pairs["shape"].startswith("("):
        raise ValueError("its header is broken, or that of fields with names")
    if not _TYPE.fullmatch(pairs["descr"]):
        raise ValueError(f"it holds {shown(pairs['descr'])}, which is not a type of numbers")
    shape = tuple(map(int, re.findall(r"\d+", pairs["shape"])))
    return shape, pairs["fortran_order"] == "True", np.dtype(pairs["descr"].strip("'"))


def _refuse(path: Path, error: BaseException) -> NoReturn:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    raise PointError(f"cannot read {shown(path)}: {shown(said or type(error).__name__)}", FORM) from error
