"""``python -m snnbook``: the map from section to chapter to function, and ``doctor``."""

from __future__ import annotations

import argparse
import sys
import textwrap

from snnbook import __version__

_COMMANDS = "map, map CHAPTER, doctor, doctor --json, --version and --help"


class _Wrong(Exception):
    """The command line is none of the accepted ones."""


class _Parser(argparse.ArgumentParser):
    """Leaves it to :func:`main` to say in one sentence what is accepted."""

    def error(self, message):
        """Raise in place of a usage of many lines."""
        raise _Wrong(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m snnbook",
        description="Without a command: the map of the package, from the paper's section to the "
        "chapter to the functions.",
    )
    parser.add_argument("--version", action="version", version=f"snnbook {__version__}")
    commands = parser.add_subparsers(dest="command", parser_class=_Parser)
    shown = commands.add_parser("map", help="print the map, or one chapter with its functions")
    shown.add_argument("chapter", nargs="?", help="a chapter's number, such as 5b")
    doctor = commands.add_parser("doctor", help="check whether the book runs on this machine")
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        asked = _parser().parse_args(given)
    except _Wrong:
        return _refuse(f"{' '.join(given)!r} is no command; {_COMMANDS} are accepted")
    if asked.command == "doctor":
        from snnbook._doctor import examine, report

        return report(examine(), as_json=asked.json)
    if asked.command == "map" and asked.chapter is not None:
        return _print_chapter(asked.chapter)
    return _print_map()


def _refuse(sentence: str) -> int:
    """Print what is wrong, and return the exit status of a command that was called wrongly."""
    print(f"snnbook: {sentence}.", file=sys.stderr)
    return 2


def _print_map() -> int:
    """Print every chapter with its section and the names of its functions, room by room."""
    from snnbook._map import chapters, entries

    known, found = chapters(), entries()
    print(f"snnbook {__version__}: paper section, chapter, functions by room.")
    print("One chapter with what each function does: python -m snnbook map 5b")
    for chapter in known.values():
        print(f"\n{chapter.section or '-':<15}Chapter {chapter.number}. {chapter.title}")
        _print_rooms([one for one in found if chapter.number in one.chapters])
    print(f"\n{'':<15}Not tied to one chapter")
    _print_rooms([one for one in found if not one.chapters])
    return 0


def _print_rooms(found) -> None:
    """Print the names of each room as one wrapped paragraph."""
    for room in dict.fromkeys(one.room for one in found):
        names = ", ".join(one.name for one in found if one.room == room)
        space = " " * 19
        print(
            textwrap.fill(f"{room}: {names}", 98, initial_indent=space[4:], subsequent_indent=space)
        )


def _print_chapter(number: str) -> int:
    """Print one chapter: each function, its first line, and the equations that it computes."""
    from snnbook._map import chapters, entries

    known = chapters()
    chapter = known.get(number.lstrip("0"))
    if chapter is None:
        return _refuse(f"there is no chapter {number!r}; one of {', '.join(known)} is accepted")
    section = f" (paper section {chapter.section})" if chapter.section else ""
    print(f"Chapter {chapter.number}. {chapter.title}{section}")
    for one in entries():
        if chapter.number in one.chapters:
            equations = f" [{', '.join(one.equations)}]" if one.equations else ""
            print(f"\nsnnbook.{one.room}.{one.name}{equations}\n    {one.line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
