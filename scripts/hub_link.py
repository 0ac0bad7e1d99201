"""Print the link with which a JupyterHub fetches the notebooks and opens one (nbgitpuller).

Usage: SNNBOOK_REPOSITORY_URL=... python scripts/hub_link.py HUB [NOTEBOOK]

HUB is the address of the hub. Without a notebook, chapter 1 opens.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import urlencode, urlsplit

FIRST = "book/01-introduction.ipynb"


def hub_link(hub: str, repository: str, branch: str = "main", notebook: str = FIRST) -> str:
    """Return the link.

    >>> hub_link("https://hub.test/", "https://git.test/me/book.git", notebook="a.ipynb")
    'https://hub.test/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgit.test%2Fme%2Fbook.git&branch=main&urlpath=lab%2Ftree%2Fbook%2Fa.ipynb'
    """  # noqa: E501
    folder = urlsplit(repository).path.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    query = {"repo": repository, "branch": branch, "urlpath": f"lab/tree/{folder}/{notebook}"}
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(query)}"


def main() -> None:
    repository = os.environ.get("SNNBOOK_REPOSITORY_URL", "")
    if len(sys.argv) not in (2, 3) or not repository:
        sys.exit("name the repository and the hub:\n" + __doc__.split("\n\n")[1])
    branch = os.environ.get("SNNBOOK_REPOSITORY_BRANCH", "main")
    print(hub_link(sys.argv[1], repository, branch, *sys.argv[2:]))


if __name__ == "__main__":
    main()
