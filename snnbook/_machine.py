"""On which machine something was measured."""

import os
import platform
import re
from pathlib import Path


def machine() -> str:
    """Return the processor's name and the number of its cores, and nothing that names the host.

    The pages say with it where their seconds were measured.

    Examples
    --------
    >>> machine().endswith(("cores", "core"))
    True
    """
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text(encoding="utf-8"))
        name = found[1].strip() if found else name
    count = os.cpu_count() or 1
    return f"{name}, {count} core{'s' * (count > 1)}"
