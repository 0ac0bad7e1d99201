"""Move hints, solutions and answers from the chapters to the end of the printed book.

On the site they are folded; on paper they would stand beside the question. Each question says on
which page its answer is, and each answer leads back to its question.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

PAGE = "answers"
TITLE = "Hints, solutions and answers"
#: Folds that answer the questions above an explorer.
ANSWERING = ("Answers", "What you should have seen")
SOLUTION = re.compile(r"tag_solution-(\S+)")
ABOUT = (
    "Try first: each exercise gets easier in small steps, from hint to hint, and the solution is "
    "one of several. What <code>check</code> says of a right answer stands below each solution."
)


def page_link(target: str, text: str, kind: str = "print-answer-link") -> str:
    """Return a line that leads to an id in the document and names its page."""
    return (
        f'<p class="{kind}"><a href="#{target}">{text}, page '
        f'<span class="page-of" data-target="{target}"></span></a></p>'
    )


def fragment(html: str) -> Tag:
    """Return an element made from text."""
    return next(node for node in BeautifulSoup(html, "html.parser").children if node.name)


class Answers:
    """The appendix of answers, filled chapter by chapter."""

    def __init__(self) -> None:
        self.article = fragment(
            f'<article class="bd-article print-article" id="{PAGE}" style="page: p-{PAGE}" '
            f'data-title="{TITLE}"><section><h1>{TITLE}</h1><p>{ABOUT}</p></section></article>'
        )

    def take(self, article: Tag) -> None:
        """Move all that answers a question from a chapter to the appendix."""
        taken = [*self._explorers(article), *self._exercises(article), *self._quiz(article)]
        if not taken:
            return
        name = article["id"]
        place = fragment(
            f'<section id="{PAGE}--{name}"><h2><a href="#{name}">{article["data-title"]}</a></h2>'
            "</section>"
        )
        for node in taken:
            place.append(node)
        self.article.section.append(place)

    def _explorers(self, article: Tag) -> list[Tag]:
        """Move the answers to the questions above explorers."""
        found = []
        for fold in article.select("details.sd-dropdown"):
            if fold.summary.get_text().strip() not in ANSWERING:
                continue
            section = fold.find_parent("section", id=True)
            heading = section.find(["h2", "h3", "h4"])
            name = f"{PAGE}--{section['id']}"
            head = f'<h3 id="{name}"><a href="#{section["id"]}">{heading.get_text()}</a></h3>'
            fold.replace_with(fragment(page_link(name, "Answers")))
            found += [fragment(head), fold.select_one(".sd-summary-content").extract()]
        return found

    def _exercises(self, article: Tag) -> list[Tag]:
        """Move the hints and the solution of each exercise."""
        found, seen = [], set()
        for cell in article.select('[class*="tag_solution-"]'):
            exercise = SOLUTION.search(" ".join(cell["class"]))[1]
            place, title = question(article, cell, exercise)
            name = f"{PAGE}--{place}"
            hints = self._hints(article, exercise)
            if exercise not in seen:
                seen.add(exercise)
                found.append(fragment(f'<h3 id="{name}"><a href="#{place}">{title}</a></h3>'))
                what = "Hints and solution" if hints else "Solution"
                cell.insert_before(fragment(page_link(name, what)))
            found += [*hints, solution(cell)]
        return found

    def _hints(self, article: Tag, exercise: str) -> list[Tag]:
        """Move the hints of an exercise into a list."""
        folds = f'[class~="tag_exercise-{exercise}"] details.exercise-hint'
        hints = article.select(f"{folds} > p")
        if not hints:
            return []
        items = fragment('<ol class="print-hints"></ol>')
        for hint in hints:
            item = fragment("<li></li>")
            hint.name = "span"
            item.append(hint.extract())
            items.append(item)
        for fold in article.select(folds):
            fold.decompose()
        return [items]

    def _quiz(self, article: Tag) -> list[Tag]:
        """Leave questions and options, and move what is said of each option."""
        questions = article.select("section.quiz")
        if not questions:
            return []
        name = f"{PAGE}--{article['id']}--quiz"
        found = [fragment(f'<h3 id="{name}">Quiz</h3>')]
        for question in questions:
            answers = fragment('<div class="print-quiz"></div>')
            answers.append(fragment(f"<p>{question.get('aria-label', 'Question')}</p>"))
            for option in question.select("details.quiz"):
                verdict = option.find("p")
                line = option.summary
                letter = line.get_text().strip().split(")")[0]
                line.name, line.attrs = "p", {"class": ["print-option"]}
                option.replace_with(line.extract())
                verdict.attrs = {}
                verdict.insert(0, f"{letter}) ")
                answers.append(verdict.extract())
            found.append(answers)
        lead = questions[0].find_parent("section").find("p")
        if "open" in lead.get_text().lower():
            lead.string = "Choose an answer to each question."
        lead["class"] = "print-quiz-lead"
        questions[-1].insert_after(fragment(page_link(name, "Answers")))
        return found


def question(article: Tag, cell: Tag, exercise: str) -> tuple[str, str]:
    """Return the id and the title of an exercise: those of its section, or of its first line."""
    line = article.find("p", id=f"{article['id']}--ex-{exercise}")
    if line is not None:
        return line["id"], line.get_text()
    section = cell.find_parent("section", id=True)
    return section["id"], section.find(["h2", "h3", "h4"]).get_text()


def solution(cell: Tag) -> Tag:
    """Return the code and the output of a solution cell, without its fold."""
    cell.extract()
    fold = cell.find("details")
    if fold is not None:
        fold.summary.decompose()
        fold.unwrap()
    cell["class"] = ["cell", "print-solution"]
    return cell
