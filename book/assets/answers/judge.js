// Comparing an answer, given as a text, with the truth of an exercise and the mistakes it knows.
// The mirror of snnbook/exercises/_answers.py and _grade.py, function by function; a test compares
// the two. An array is { shape, flat }, its entries row by row.
(() => {
  const { UnreadableAnswer, spelledOut, quoted } = window.snnbook.text;
  const ROUNDING = 1e-6;

  // Return an array of the same shape whose entries a function gives.
  function like(array, entry) {
    return { shape: array.shape, flat: array.flat.map(entry) };
  }

  // Return a number or nested lists of numbers as an array.
  function toArray(value) {
    const array = convert(value);
    if (!array.flat.every(Number.isFinite)) {
      throw new UnreadableAnswer('it holds a value that is not finite (nan or inf)');
    }
    return array;
  }

  function convert(value) {
    if (!Array.isArray(value)) return { shape: [], flat: [value] };
    const entries = value.map(convert);
    if (entries.some(({ shape }) => String(shape) !== String(entries[0].shape))) {
      throw new UnreadableAnswer('its entries differ in shape');
    }
    return {
      shape: [value.length, ...entries[0].shape],
      flat: entries.flatMap(({ flat }) => flat),
    };
  }

  // Return one number as an array of no axes.
  function toNumber(value) {
    const { shape, flat } = toArray(value);
    if (flat.length !== 1) {
      const has = shape.length === 1 ? `${flat.length} numbers` : `shape ${showShape(shape)}`;
      throw new UnreadableAnswer(`it has ${has}; give one number`);
    }
    return { shape: [], flat };
  }

  // Return the index of the chosen option, as an array of no axes.
  function toChoice(text, options) {
    const index = options.findIndex((option) => means(text, option));
    if (index >= 0) return { shape: [], flat: [index] };
    const accepted = options.map((option) => `\`"${option}"\``).join(', ');
    throw new UnreadableAnswer(`it says ${quoted(text)}; choose one of ${accepted}`);
  }

  // Return whether an answer is this option: the same words in any case, or the same number.
  function means(text, option) {
    let words = text.trim().split(/\s+/).join(' ').replace(/[−–—]/g, '-').toLowerCase();
    words = words.replace(/^["'`“”‘’ ]+|[."'`“”‘’ ]+$/g, '');
    if ([words, words.replace(/^(?:the|an?) /, '')].includes(option.toLowerCase())) return true;
    try {
      return isClose(spelledOut(words), Number(option));
    } catch (problem) {
      if (problem instanceof UnreadableAnswer) return false;
      throw problem;
    }
  }

  function isClose(one, two) {
    if (!Number.isFinite(one)) return false;
    return one === two || Math.abs(one - two) <= 5e-3 * Math.max(Math.abs(one), Math.abs(two));
  }

  // Return whether an answer is a text with nothing in it.
  function isBlank(text) {
    return /^[ .…]*$/.test(text);
  }

  // Return an answer as an array, or throw UnreadableAnswer.
  function read(exercise, text) {
    if (exercise.kind === 'choice') return toChoice(text, exercise.options);
    const answer = spelledOut(text, exercise.unit, exercise.kind === 'sequence');
    if (exercise.kind === 'sequence') return toArray(answer);
    const number = toNumber(answer);
    if (exercise.kind === 'integer' && !Number.isInteger(number.flat[0])) {
      throw new UnreadableAnswer(`it is ${showNumber(number)}; give a whole number`);
    }
    return number;
  }

  // Return whether both have one shape, and each entry agrees within the relative tolerance.
  function same(answer, truth, tolerance) {
    return String(answer.shape) === String(truth.shape) && answer.flat.every(
      (one, i) => Math.abs(one - truth.flat[i]) <= tolerance * Math.abs(truth.flat[i]) + ROUNDING);
  }

  // Return a number as a reader would write it.
  function showNumber({ shape, flat }) {
    if (shape.length === 0) {
      const [number] = flat;
      const whole = Number.isInteger(number) && Math.abs(number) < 1e9;
      return whole ? String(number) : rounded(number, 4);
    }
    if (shape.length === 1 && flat.length <= 6) {
      return `(${flat.map((one) => showNumber({ shape: [], flat: [one] })).join(', ')})`;
    }
    return `an array of shape ${showShape(shape)}`;
  }

  // Return a shape as Python writes it.
  function showShape(shape) {
    return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  }

  // Return a number with so many significant digits, as f"{number:.4g}" does in Python.
  function rounded(number, digits) {
    if (number === 0) return '0';
    const split = (text) => text.replace('.', '').split('e');
    let [shown, power] = split(Math.abs(number).toExponential(digits - 1));
    const [exact, exactPower] = split(Math.abs(number).toExponential(60));
    const tie = /^50*$/.test(exact.slice(digits)) && power === exactPower;
    if (tie && shown.at(-1) % 2) shown = shown.slice(0, -1) + (shown.at(-1) - 1); // half to even
    const sign = number < 0 ? '-' : '';
    const point = Number(power) + 1; // digits before the point
    const trimmed = (text) => (text.includes('.') ? text.replace(/\.?0*$/, '') : text);
    if (point < -3 || point > digits) {
      const size = String(Math.abs(power)).padStart(2, '0');
      return `${sign}${trimmed(`${shown[0]}.${shown.slice(1)}`)}e${power < 0 ? '-' : '+'}${size}`;
    }
    if (point <= 0) return sign + trimmed(`0.${'0'.repeat(-point)}${shown}`);
    return sign + trimmed(`${shown.slice(0, point)}.${shown.slice(point)}`);
  }

  // Return which kind of value is asked for, and an example of one.
  function kindAndExample(exercise) {
    const chosen = exercise.options.map((option) => `"${option}"`);
    return {
      number: ['a number', '0.5'],
      integer: ['a whole number', '3'],
      sequence: ['a sequence of numbers', '(0.5, 0.25)'],
      choice: [`one of ${chosen.join(', ')}`, chosen[0]],
    }[exercise.kind];
  }

  // Compare an answer with the truth of an exercise: { correct, answered, message }.
  function grade(exercise, text) {
    if (isBlank(text)) {
      const [what, example] = kindAndExample(exercise);
      const message = `Your answer is empty. Give ${what}, such as \`${example}\`.`;
      return { correct: false, answered: false, message };
    }
    try {
      return gradeValue(exercise, text);
    } catch (problem) {
      if (!(problem instanceof UnreadableAnswer)) throw problem;
      const message = `Your answer cannot be read: ${problem.message}.`;
      return { correct: false, answered: true, message };
    }
  }

  function gradeValue(exercise, text) {
    let given = read(exercise, text);
    const { truth } = exercise;
    const squeezed = given.shape.filter((size) => size !== 1);
    if (String(squeezed) === String(truth.shape)) given = { shape: squeezed, flat: given.flat };
    if (same(given, truth, exercise.tolerance)) {
      return { correct: true, answered: true, message: exercise.right };
    }
    const found = window.snnbook.slips.known(exercise, given, truth);
    return { correct: false, answered: true, message: found ?? other(exercise, given, truth) };
  }

  // Return what can be said of a value that no known mistake leads to.
  function other(exercise, given, truth) {
    if (exercise.kind === 'choice') return `It is not "${exercise.options[given.flat[0]]}".`;
    const alike = String(given.shape) === String(truth.shape);
    if (truth.shape.length === 1 && given.shape.length < 2 && !alike) {
      const has = given.flat.length === 1 ? 'one number' : `${given.flat.length} numbers`;
      return `Your answer has ${has}; ${truth.flat.length} are expected.`;
    }
    if (!alike) {
      const shapes = `${showShape(given.shape)}; ${showShape(truth.shape)} is expected`;
      const turned = String(given.shape) === String([...truth.shape].reverse());
      return `Your answer has shape ${shapes}${turned ? ': is it transposed?' : '.'}`;
    }
    const slip = exercise.generic ? window.snnbook.slips.general(exercise, given, truth) : null;
    if (slip) return slip;
    const shown = showNumber(given);
    if (!given.shape.length) {
      return `${shown} is too ${given.flat[0] > truth.flat[0] ? 'large' : 'small'}.`;
    }
    const right = given.flat.map((one, i) =>
      Math.abs(one - truth.flat[i]) <= ROUNDING + exercise.tolerance * Math.abs(truth.flat[i]));
    if (given.shape.length === 1 && right.includes(true)) {
      const places = right.flatMap((is, i) => (is ? [] : [i + 1]));
      const wrong = `${places.length === 1 ? 'entry' : 'entries'} ${places.join(', ')}`;
      return `${shown} is not it: look at ${wrong} of ${given.flat.length} again.`;
    }
    return `${shown} is not it.`;
  }

  // Return an exercise from its table: base64 of JSON, so that a glance tells nothing. No secret.
  function unpack(table) {
    const bytes = Uint8Array.from(atob(table), (sign) => sign.charCodeAt(0));
    const exercise = JSON.parse(new TextDecoder().decode(bytes));
    exercise.truth = convert(exercise.truth);
    for (const mistake of exercise.mistakes) mistake.value = convert(mistake.value);
    return exercise;
  }

  window.snnbook.values = { like, same, rounded };
  window.snnbook.judge = { grade, unpack };
})();
