"""How results look: shown once, in a notebook as HTML, elsewhere as a line."""

import sys
import types

from snnbook.exercises import _show, check


def test_check_prints_one_line(capsys):
    assert check("02-2", 5)
    right = capsys.readouterr().out
    assert right.startswith("✓ 02-2: right. ") and right.count("\n") == 1
    assert not check("02-2", 4)
    wrong = capsys.readouterr().out
    assert wrong.startswith("✗ 02-2: not yet. ") and wrong.count("\n") == 1


def test_notebook_shows_a_result_once(monkeypatch, capsys):
    shown = []
    display = types.ModuleType("IPython.display")
    display.display = lambda data, raw: shown.append((data, raw))
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    ipython.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    result = check("02-5", lambda *a: 1 / 0)
    ((data, raw),) = shown
    assert raw and set(data) == {"text/plain", "text/html"} and not capsys.readouterr().out
    assert "<code>syn = " in data["text/html"] and 'role="status"' in data["text/html"]
    assert data["text/plain"].startswith("✗ 02-5: not yet. Your function raises ZeroDivisionError")
    assert result._ipython_display_() is None and repr(result) == (
        "Result(id='02-5', correct=False, answered=True)"
    )


def test_html_is_escaped():
    result = _show.Result("99-1", False, True, "`<b>` & <script>")
    assert "<script>" not in result.to_html() and "<code>&lt;b&gt;</code> &amp;" in result.to_html()
