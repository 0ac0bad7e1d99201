// The fields below exercises, and the quiz: what a reader does, what is said, what is noted.
(() => {
  const { grade, unpack } = window.snnbook.judge;
  const { load, note } = window.snnbook.progress;
  const MARKS = { right: '✓', wrong: '✗', open: '…' };
  const WORDS = { right: 'Right.', wrong: 'Not yet.', open: 'Not answered yet.' };

  // Write a text into an element, with the parts between backquotes as code.
  function writeInline(element, text) {
    element.append(...text.split(/`([^`]*)`/).map((part, i) => {
      if (i % 2 === 0) return part;
      return Object.assign(document.createElement('code'), { textContent: part });
    }));
  }

  // Say what was found: mark, word and color all tell the status. A hint is heard here and seen in
  // its fold below.
  function say(form, { correct, answered, message }, hint = '') {
    const status = correct ? 'right' : answered ? 'wrong' : 'open';
    const said = form.querySelector('.answer-said');
    const head = document.createElement('strong');
    head.textContent = `${MARKS[status]} ${WORDS[status]}`;
    said.className = `answer-said answer-${status}`;
    said.replaceChildren(head, ' ');
    writeInline(said, message);
    if (hint) {
      const heard = Object.assign(document.createElement('span'), { className: 'visually-hidden' });
      writeInline(heard, ` ${hint}`);
      said.append(heard);
    }
    form.querySelector('[name]').setAttribute('aria-invalid', status === 'wrong');
  }

  // Hints: the ones that the page shows below the cell move into the form, each inside the last.
  // From the second wrong answer on, each one opens and says the next.
  function nextHint(form, exercise) {
    const steps = [...form.querySelectorAll('details.exercise-hint')];
    const closed = steps.find((one) => !one.open);
    if (closed) closed.open = true;
    const step = closed ? steps.indexOf(closed) + 1 : exercise.hints.length;
    return `Hint ${step} of ${exercise.hints.length}: ${exercise.hints[step - 1]}`;
  }

  function setUp(form) {
    const exercise = unpack(form.dataset.table);
    const box = form.querySelector('[name]');
    const cell = document.querySelector(`.tag_exercise-${exercise.id}`);
    const hints = cell?.querySelector('details.exercise-hint');
    if (hints) form.append(hints);
    const replaced = form.dataset.replaces === 'cell' ? cell : cell?.querySelector('.cell_output');
    if (replaced) replaced.hidden = true;
    form.hidden = false;

    let misses = 0;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const outcome = grade(exercise, box.value);
      if (outcome.correct) note('solved', exercise.id, box.value.trim());
      const missed = outcome.answered && !outcome.correct;
      say(form, outcome, missed && ++misses > 1 ? nextHint(form, exercise) : '');
    });

    const before = load().solved[exercise.id];
    if (before === undefined) return;
    box.value = before;
    const outcome = grade(exercise, String(before)); // the exercise may have changed since
    if (outcome.correct) say(form, outcome);
  }

  // A question is answered when an option is opened for the first time.
  function setUpQuiz(chapter) {
    document.querySelectorAll('section.quiz').forEach((question, index) => {
      const id = `${chapter}-${index + 1}`;
      const mark = document.createElement('span');
      mark.className = 'quiz-mark';
      question.querySelector('p').append(' ', mark);
      const shown = (right) => {
        mark.textContent = right ? '✓ answered, right at once' : '✓ answered';
      };
      if (id in load().quiz) shown(load().quiz[id]);
      for (const option of question.querySelectorAll('details.quiz')) {
        option.addEventListener('toggle', () => {
          if (!option.open || id in load().quiz) return;
          const right = option.querySelector('.quiz-right') !== null;
          note('quiz', id, right);
          shown(right);
        });
      }
    });
  }

  document.querySelectorAll('form.answer').forEach(setUp);
  const line = document.querySelector('.progress-line');
  if (line) setUpQuiz(line.dataset.chapter);
})();
