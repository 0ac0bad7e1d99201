"""The files of a folder or of a zip archive, read one by one and never unpacked."""

import os
import zipfile
import zlib
from pathlib import Path, PurePosixPath


class Members:
    """The files with some ending in a folder or an archive, in the order of their names.

    It can be pickled; each process opens the archive for itself.

    Parameters
    ----------
    place : Path
        A folder, with what lies in folders inside of it, or a zip archive.
    ending : str
        How names end, such as ``".wav"``, in capital or small letters.
    """

    def __init__(self, place: Path, ending: str) -> None:
        self.place = place
        self._archive: tuple[int, zipfile.ZipFile] | None = None
        if place.is_dir():
            self.zipped = False
            every = [path.relative_to(place).as_posix() for path in place.rglob("*")]
        elif place.is_file():
            self.zipped = True
            every = [name for name in self._open().namelist() if not name.endswith("/")]
            check_inside(place, every)
        else:
            raise FileNotFoundError(
                f"folder is {place}, where nothing lies; a folder or a zip archive is accepted"
            )
        self.names = tuple(sorted(x for x in every if x.lower().endswith(ending) and _shown(x)))
        if not self.names:
            raise ValueError(
                f"folder is {place}, which holds no file that ends in {ending}; a folder or a zip "
                "archive with such files is accepted"
            )

    def read(self, name: str) -> bytes:
        """Return what a file holds."""
        if not self.zipped:
            return (self.place / name).read_bytes()
        try:
            return self._open().read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise ValueError(
                f"{self.where(name)} is damaged or locked ({error}); get the archive again"
            ) from None

    def where(self, name: str) -> str:
        """Return a file's full name, for a message."""
        return str(self.place / name)

    def _open(self) -> zipfile.ZipFile:
        if self._archive is None or self._archive[0] != os.getpid():
            try:
                self._archive = os.getpid(), zipfile.ZipFile(self.place)
            except (zipfile.BadZipFile, OSError) as error:
                raise ValueError(
                    f"folder is {self.place}, which is neither a folder nor a sound zip archive "
                    f"({error})"
                ) from None
        return self._archive[1]

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_archive": None}


def check_inside(place: Path, names: list[str]) -> None:
    """Raise ``ValueError`` if a name in an archive leads out of the folder that it is put into."""
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
            raise ValueError(
                f"{place} holds {name!r}, a name that leads out of its folder; an archive whose "
                "files stay inside is accepted, so do not unpack this one"
            )


def _shown(name: str) -> bool:
    """Return whether a file is the user's own, and none that a system put beside it."""
    parts = PurePosixPath(name).parts
    return not any(part.startswith(".") or part == "__MACOSX" for part in parts)
