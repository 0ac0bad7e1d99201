"""Where the data sets come from: addresses, checksums as loaders in use state them, licenses."""

from typing import NamedTuple


class RemoteFile(NamedTuple):
    """A file at an address, and how to know that it is the right one.

    Parameters
    ----------
    name : str
        The name that it gets here.
    url : str
        Its address; empty where no program may fetch it.
    md5 : str, optional
        Checksum of the file at that address.
    content : str, optional
        Checksum of what is inside of a gzip file, which stays when somebody packs it anew.
    member : str, optional
        The only file of an archive that is of use: it is unpacked, and the archive deleted.
    count : int, optional
        How many WAV files an archive holds, which is checked in place of a checksum.

    Examples
    --------
    >>> SOURCES["shd"].files[0].kept
    'shd_train.h5'
    """

    name: str
    url: str
    md5: str | None = None
    content: str | None = None
    member: str | None = None
    count: int | None = None

    @property
    def kept(self) -> str:
        """Name of the file that stays.

        >>> RemoteFile("a.zip", "", member="a.h5").kept
        'a.h5'
        """
        return self.member or self.name


class Source(NamedTuple):
    """A data set: its files, what may be done with them, and the page that says more.

    Examples
    --------
    >>> SOURCES["fashion_mnist"].license
    'MIT'
    """

    files: tuple[RemoteFile, ...]
    license: str
    page: str


def _idx(base: str, sums: tuple[tuple[str, str, str], ...]) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(f"{name}-ubyte.gz", f"{base}{name}-ubyte.gz", md5, content)
        for name, md5, content in sums
    )


def _heidelberg(*files: tuple[str, str]) -> tuple[RemoteFile, ...]:
    base = "https://zenkelab.org/datasets/"
    return tuple(
        RemoteFile(f"{name}.h5.zip", f"{base}{name}.h5.zip", md5, member=f"{name}.h5")
        for name, md5 in files
    )


def _mendeley(name: str, key: str, md5: str) -> RemoteFile:
    base = "https://data.mendeley.com/public-files/datasets/468j46mzdv/files/"
    return RemoteFile(name, f"{base}{key}/file_downloaded", md5)


_HEIDELBERG_PAGE = "https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/"

#: Every data set that :func:`download` and the readers know, by the name of its folder.
#:
#: Checksums are MD5, as other loaders state them: torchvision for MNIST and Fashion-MNIST, tonic
#: and SpikingJelly for SHD, SSC and N-MNIST, SpikingJelly for the gestures; each was found the
#: same in independent programs. The archive of the spoken digits has none that could be confirmed;
#: the number of its recordings and the archive's own checks stand in for it.
SOURCES: dict[str, Source] = {
    "mnist": Source(
        _idx(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            (
                (
                    "train-images-idx3",
                    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                    "6bbc9ace898e44ae57da46a324031adb",
                ),
                (
                    "train-labels-idx1",
                    "d53e105ee54ea40749a09fcbcd1e9432",
                    "a25bea736e30d166cdddb491f175f624",
                ),
                (
                    "t10k-images-idx3",
                    "9fb629c4189551a2d022fa330f9573f3",
                    "2646ac647ad5339dbf082846283269ea",
                ),
                (
                    "t10k-labels-idx1",
                    "ec29112dd5afa0611ce80d1b7f02629c",
                    "27ae3e4e09519cfbb04c329615203637",
                ),
            ),
        ),
        "its authors state none",
        "http://yann.lecun.com/exdb/mnist/",
    ),
    "fashion_mnist": Source(
        _idx(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            (
                (
                    "train-images-idx3",
                    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                    "f4a8712d7a061bf5bd6d2ca38dc4d50a",
                ),
                (
                    "train-labels-idx1",
                    "25c81989df183df01b3e8a0aad5dffbe",
                    "9018921c3c673c538a1fc5bad174d6f9",
                ),
                (
                    "t10k-images-idx3",
                    "bef4ecab320f06d8554ea6380940ec79",
                    "8181f5470baa50b63fa0f6fddb340f0a",
                ),
                (
                    "t10k-labels-idx1",
                    "bb300cfdad3c16e7a12a480ee83cd310",
                    "15d484375f8d13e6eb1aabb0c3f46965",
                ),
            ),
        ),
        "MIT",
        "https://github.com/zalandoresearch/fashion-mnist",
    ),
    "shd": Source(
        _heidelberg(
            ("shd_train", "f3252aeb598ac776c1b526422d90eecb"),
            ("shd_test", "1503a5064faa34311c398fb0a1ed0a6f"),
        ),
        "CC BY 4.0",
        _HEIDELBERG_PAGE,
    ),
    "ssc": Source(
        _heidelberg(
            ("ssc_train", "d102be95e7144fcc0553d1f45ba94170"),
            ("ssc_valid", "b4eee3516a4a90dd0c71a6ac23a8ae43"),
            ("ssc_test", "a35ff1e9cffdd02a20eb850c17c37748"),
        ),
        "CC BY 4.0",
        _HEIDELBERG_PAGE,
    ),
    "n_mnist": Source(
        (
            _mendeley(
                "Train.zip",
                "39c25547-014b-4137-a934-9d29fa53c7a0",
                "20959b8e626244a1b502305a9e6e2031",
            ),
            _mendeley(
                "Test.zip",
                "05a4d654-7e03-4c15-bdfa-9bb2bcbea494",
                "69ca8762b2fe404d9b9bad1103e97832",
            ),
        ),
        "CC BY-SA 4.0",
        "https://www.garrickorchard.com/datasets/n-mnist",
    ),
    "dvs_gestures": Source(
        (RemoteFile("DvsGesture.tar.gz", "", "8a5c71fb11e24e5ca5b11866ca6c00a1"),),
        "CC BY 4.0",
        "https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8/folder/50167556794",
    ),
    "fsdd": Source(
        (
            RemoteFile(
                "recordings.zip",
                "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/"
                "26eb9aaf76e81b692f806f9140c2d2777410d7a1.zip",
                count=3000,
            ),
        ),
        "CC BY-SA 4.0",
        "https://github.com/Jakobovski/free-spoken-digit-dataset",
    ),
}


def advice(name: str) -> str:
    """Return how to get a data set, as the end of a sentence."""
    source = SOURCES[name]
    if all(file.url for file in source.files):
        return f"readers.download({name!r}) fetches it"
    return f"get it by hand from {source.page}, since no program may"
