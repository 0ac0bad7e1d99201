// Known mistakes behind a wrong value: one of the list, two of them at once, or a general slip.
// The mirror of snnbook/exercises/_slips.py, function by function; a test compares the two.
(() => {
  const { same, rounded, like } = window.snnbook.values;

  // Slips that can happen in any exercise with numbers, and multiply the answer.
  const SLIPS = [
    ['The size is right and the sign is wrong.', { times: -1 }],
    ['Your answer is 1000 times too large: are the units milli-units?', { times: 1000 }],
    ['Your answer is 1000 times too small: are the units milli-units?', { times: 0.001 }],
    ['Your answer is 100 times too large: it looks like a percentage.', { times: 100 }],
  ];

  // What Times and Plus do to a value.
  function applied(change, value) {
    return like(value, (one) => ('times' in change ? one * change.times : one + change.plus));
  }

  const any = (value) => value.flat.some((one) => one !== 0);
  const alike = (one, two) => String(one.shape) === String(two.shape);

  // Return the message about two mistakes at once.
  function together(first, second) {
    return `Two mistakes at once. First: ${first} Second: ${second}`;
  }

  // Return the message of the mistake, or of the two mistakes, that lead to this value.
  function known(exercise, given, truth) {
    for (const { message, value } of exercise.mistakes) {
      if (same(given, value, exercise.tolerance)) return message;
    }
    for (const [first, second, value] of pairs(exercise, truth)) {
      if (same(given, value, exercise.tolerance)) return together(first, second);
    }
    return null;
  }

  function* combinations(list) {
    for (let i = 0; i < list.length; i++) {
      for (let j = i + 1; j < list.length; j++) yield [list[i], list[j]];
    }
  }

  // Yield two messages and the value to which both mistakes lead together.
  function* pairs(exercise, truth) {
    const wrong = exercise.mistakes;
    const changes = wrong.filter(({ change }) => change);
    const parts = changes.filter(({ change }) => 'plus' in change);
    for (const [first, second] of combinations(parts)) {
      yield [first.message, second.message, applied(second.change, first.value)];
    }
    for (const { message, change } of changes) {
      if ('times' in change) yield* andThen(exercise, truth, message, change);
    }
    if (exercise.kind === 'sequence') {
      const close = (one, two) => Math.abs(one - two) <= 1e-8 + 1e-9 * Math.abs(two);
      const moved = ({ value }) => value.flat.map((one, i) => !close(one, truth.flat[i]));
      const fits = wrong.filter(({ value }) => alike(value, truth));
      for (const [first, second] of combinations(fits)) {
        const [one, two] = [moved(first), moved(second)];
        if (one.some((is, i) => is && two[i])) continue;
        const value = like(truth, (_, i) => (one[i] ? first : second).value.flat[i]);
        yield [first.message, second.message, value];
      }
    }
    if (exercise.generic && exercise.kind !== 'choice') {
      for (const [slip, change] of SLIPS) yield* andThen(exercise, truth, slip, change);
    }
  }

  // Yield what a factor makes of each wrong answer.
  function* andThen(exercise, truth, message, change) {
    for (const first of exercise.mistakes) {
      const found = applied(change, first.value);
      const right = same(found, truth, exercise.tolerance);
      if (first.message !== message && any(found) && !right) yield [first.message, message, found];
    }
  }

  // Return the message for a slip that can happen in any exercise, or null.
  function general(exercise, given, truth) {
    let slips = SLIPS.map(([message, change]) => [applied(change, truth), message]);
    const [rows, columns] = truth.shape;
    if (truth.shape.length === 2 && rows === columns) {
      const turned = like(truth, (_, i) => truth.flat[(i % rows) * rows + Math.floor(i / rows)]);
      slips.push([turned, 'Your answer is transposed; weights are `(out, in)`.']);
    }
    if (truth.shape.length === 1 && rows > 1) {
      const turned = like(truth, (_, i) => truth.flat[rows - 1 - i]);
      slips.push([turned, 'The entries are right and their order is reversed.']);
    }
    if (exercise.kind === 'integer') {
      for (const [plus, side, more] of [[1, 'late', 'many'], [-1, 'early', 'few']]) {
        slips.push([applied({ plus }, truth), `Off by one: one too ${side} or too ${more}.`]);
      }
    }
    // Every multiple of zero is zero.
    if (!any(truth)) slips = slips.filter(([wrong]) => any(wrong));
    for (const [wrong, message] of slips) {
      if (same(given, wrong, exercise.tolerance)) return message;
    }
    const nearby = exercise.kind !== 'integer' && alike(given, truth);
    return nearby ? nearly(given, truth, exercise.tolerance) : null;
  }

  // Return what to say of a value that is rounded too early, or within two percent.
  function nearly(given, truth, tolerance) {
    for (const [digits, word] of [[2, 'two digits'], [1, 'one digit']]) {
      const short = like(truth, (one) => Number(rounded(one, digits)));
      if (same(given, short, 1e-9) && same(given, truth, 0.05)) {
        return `Right to ${word}: give three.`;
      }
    }
    if (!same(given, truth, Math.min(10 * tolerance, 0.02))) return null;
    return 'Very close, and not the same: was a number rounded on the way, or a step or a factor ' +
      'close to 1 left out?';
  }

  window.snnbook.slips = { known, general };
})();
