// What a reader has solved and answered: kept in this browser, and nowhere else.
(() => {
  const KEY = 'snnbook-progress';
  let kept = { solved: {}, quiz: {} }; // where the browser keeps nothing, until the page is left
  let lasting = true;

  // Return { solved: { '02-1': answer }, quiz: { '02-1': right at once } }.
  function load() {
    try {
      const { solved, quiz } = JSON.parse(localStorage.getItem(KEY)) ?? {};
      kept = { solved: { ...solved }, quiz: { ...quiz } };
    } catch (problem) {
      lasting = problem instanceof SyntaxError; // what cannot be read is as good as nothing
    }
    return kept;
  }

  // Note one thing more: what is 'solved' or 'quiz'.
  function note(what, id, value) {
    load()[what][id] = value;
    save();
  }

  function save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      lasting = false;
    }
    show();
  }

  function clear() {
    kept = { solved: {}, quiz: {} };
    try {
      localStorage.removeItem(KEY);
    } catch {
      lasting = false;
    }
    show();
  }

  // Return how many exercises are solved and questions answered of what an element stands for.
  function counted({ dataset }) {
    const { solved, quiz } = load();
    const mine = (entries) =>
      Object.keys(entries).filter((id) => id.startsWith(`${dataset.chapter}-`)).length;
    const of = (count, all) => `${Math.min(count, all)} of ${all}`;
    return {
      exercises: of(mine(solved), dataset.exercises),
      questions: of(mine(quiz), dataset.questions),
    };
  }

  // Write the progress wherever a page has a place for it.
  function show() {
    for (const line of document.querySelectorAll('.progress-line')) {
      const { exercises, questions } = counted(line);
      line.querySelector('.progress-count').textContent =
        `On this page you have solved ${exercises} exercises with a field and answered ` +
        `${questions} questions of the quiz; this stays in your browser.`;
      line.hidden = false;
    }
    const table = document.querySelector('section.reader-progress');
    if (!table) return;
    for (const row of table.querySelectorAll('tbody tr')) {
      const { exercises, questions } = counted(row);
      row.querySelector('.progress-exercises').textContent = exercises;
      row.querySelector('.progress-questions').textContent = questions;
    }
    table.querySelector('.progress-state').textContent = about();
    table.hidden = false;
  }

  // Return what to say about how long all this is kept, or ''.
  function about() {
    if (!lasting) return 'This browser keeps nothing, so it is forgotten when you leave the page.';
    if (location.protocol !== 'file:') return '';
    return 'You read the book from a folder; some browsers then keep each page by itself, and this ' +
      'table misses what you solve on others.';
  }

  function exportFile() {
    const { solved, quiz } = load();
    const content = { date: new Date().toISOString(), solved, quiz };
    const link = document.createElement('a');
    link.href = URL.createObjectURL(
      new Blob([JSON.stringify(content, null, 2) + '\n'], { type: 'application/json' }));
    link.download = 'snnbook-progress.json';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    say('Saved as snnbook-progress.json.');
  }

  function say(text) {
    document.querySelector('.progress-said').textContent = text;
  }

  const ACTIONS = {
    export: exportFile,
    clear: () => {
      if (!confirm('Forget all exercises solved and all questions answered?')) return;
      clear();
      say('Cleared.');
    },
  };

  document.querySelectorAll('.reader-progress [data-do]').forEach((button) =>
    button.addEventListener('click', ACTIONS[button.dataset.do]));
  addEventListener('pageshow', show); // also after a step back
  addEventListener('storage', show); // also after an answer on another page
  show();
  window.snnbook.progress = { load, note };
})();
