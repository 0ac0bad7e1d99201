// Reading a text: the numbers that it spells out, in any reasonable way to write them.
// The mirror of snnbook/exercises/_text.py, function by function; a test compares the two.
(() => {
  const UNITS = new Map();
  const name = (names, kind, size) => names.forEach((one) => UNITS.set(one, [kind, size]));
  name(['s', 'sec', 'second', 'seconds'], 'time', 1);
  name(['ms', 'msec', 'millisecond', 'milliseconds'], 'time', 1e-3);
  name(['us', 'μs', 'microsecond', 'microseconds'], 'time', 1e-6);
  name(['hz', 'hertz', '/s', 'per second', 'spikes/s'], 'rate', 1);
  name(['khz', 'kilohertz'], 'rate', 1e3);
  name(['°', 'deg', 'degree', 'degrees'], 'angle', 1);
  name(['rad', 'radian', 'radians'], 'angle', 180 / Math.PI);

  const COUNTED = new Set(
    ('activities arrows counts entries images layers networks neurons numbers pairs parameters ' +
      'pass passes pictures points seeds spikes steps synapses times units values visits weights'
    ).split(' '));

  const SAME = new Map();
  const same = (signs, becomes) => [...signs].forEach((sign) => SAME.set(sign, becomes));
  same('−–—‐‑‒﹣－', '-');
  same('\t\n\r\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000', ' ');
  same('×·⋅∙✕', '*');
  same('⁄∕÷', '/');
  same('\u200b\ufeff', '');
  same('’', "'");
  same('µ', 'μ');
  same('≃', '≈');
  same('½', ' 1/2');
  same('⅓', ' 1/3');
  same('⅔', ' 2/3');
  same('¼', ' 1/4');
  same('¾', ' 3/4');
  const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻';
  const LOWERED = '0123456789+-';

  // A comma, a space and so on may stand before each three digits; else a comma is that of 0,5.
  const NUMBER =
    '(?<sign>[+-]?) ?' +
    "(?:(?<grouped>[1-9][0-9]{0,2}(?:[,_' ][0-9]{3})+(?![0-9])(?:\\.[0-9]*)?)" +
    '|(?<comma>[0-9]+,[0-9]+)' +
    '|(?<plain>[0-9]+\\.?[0-9]*|\\.[0-9]+))' +
    '(?:(?: ?e ?| ?[*x] ?10 ?(?:\\^|\\*\\*) ?\\(?)(?<power>[+-]?[0-9]+)\\)?)?';
  const STARTS = new RegExp(`^${NUMBER}`);
  const WHOLE = new RegExp(`^(?:${NUMBER})$`);
  const ABOUT = /^(?:about|approximately|approx\.?|roughly|ca\.?|step|~) ?/;
  const PAIRS = { '(': ')', '[': ']', '{': '}' };
  const CLOSING = Object.values(PAIRS);
  const DEEPEST = 4; // brackets inside of brackets

  class UnreadableAnswer extends Error {}

  // Return the number, or the nested array of numbers, that a text spells out.
  function spelledOut(text, unit = '', several = false) {
    const clear = plain(text);
    let value = several ? null : number(withoutName(clear), unit);
    if (value === null) value = numbers(clear, unit);
    if (value === null) {
      const wanted = several ? 'numbers such as 0.5, 1e-3 and 1/2' : 'a number such as 0.5 or 1/2';
      throw new UnreadableAnswer(`it says ${quoted(text)}; write ${wanted}`);
    }
    return value;
  }

  // Return a text as a message repeats it: on one line, in quotes, not too long.
  function quoted(text) {
    const line = [...text.trim().split(/\s+/).join(' ').replaceAll('`', "'")];
    return line.length > 40 ? `"${line.slice(0, 40).join('')}…"` : `"${line.join('')}"`;
  }

  // Return a text in lower case with one sign for each minus, space and so on.
  function plain(text) {
    text = text.replace(new RegExp(`[${RAISED}]+`, 'g'), (found) =>
      '^' + [...found].map((sign) => LOWERED[RAISED.indexOf(sign)]).join(''));
    text = [...text].map((sign) => SAME.get(sign) ?? sign).join('').toLowerCase();
    text = text.replace(/(?<![a-z])and(?![a-z])|&/g, ',');
    text = text.replace(/^[ "'`$]+|[ ."'`$]+$/g, '');
    return text.replace(/ +/g, ' ');
  }

  // Return what stands behind the one equals sign of a text, or the text.
  function withoutName(text) {
    return text.match(/^[^=≈]*[=≈] ?([^=≈]*)$/)?.[1] ?? text;
  }

  // Return the one number of a text, with a fraction and a unit, or null.
  function number(text, unit) {
    text = text.replace(ABOUT, '');
    text = text.replace(/^([+-]? ?)10 ?(?:\^|\*\*)/, '$11*10^');
    const found = text.match(STARTS);
    if (!found) return null;
    let value = valueOf(found);
    let rest = withoutSpace(text.slice(found[0].length));
    const divisor = withoutSpace(rest.slice(1));
    const below = rest.startsWith('/') ? divisor.match(STARTS) : null;
    if (below) {
      if (valueOf(below) === 0) return null;
      value /= valueOf(below);
      rest = withoutSpace(divisor.slice(below[0].length));
    }
    if (['%', 'percent', 'per cent'].includes(rest)) return value / 100;
    if (rest && !/^[a-zμ°/][a-zμ°/ ]*$/.test(rest)) return null;
    return rest ? value * scale(rest, unit) : value;
  }

  function withoutSpace(text) {
    return text.replace(/^ +/, '');
  }

  // Return the number that was found.
  function valueOf({ groups }) {
    const digits = groups.plain ?? groups.comma?.replace(',', '.')
      ?? groups.grouped.replace(/[,_' ]/g, '');
    return Number(`${groups.sign}${digits}e${groups.power ?? 0}`);
  }

  // Return by what to multiply a number with this unit.
  function scale(word, unit) {
    if (COUNTED.has(word) || COUNTED.has(`${word}s`)) return 1;
    const [here, asked] = [UNITS.get(word), UNITS.get(unit.toLowerCase())];
    if (!here || !asked || here[0] !== asked[0]) {
      const wanted = unit ? `give it in ${unit}` : 'give a number without a unit';
      throw new UnreadableAnswer(`its unit is ${quoted(word)}; ${wanted}`);
    }
    return here[1] / asked[1];
  }

  // Return the numbers of a text, nested as its brackets are, or null.
  function numbers(text, unit, depth = 0) {
    text = withoutName(text.replace(/^ +| +$/g, ''));
    const inner = unwrapped(text);
    const [mark, entries] = split(inner === null ? text : inner);
    if (inner === null && !mark) return number(entries[0], unit);
    if (depth === DEEPEST) return null;
    const values = entries.map((entry) => {
      // Between semicolons a comma is that of 0,5.
      const value = mark === ';' ? number(withoutName(entry), unit) : null;
      return value === null ? numbers(entry, unit, depth + 1) : value;
    });
    return values.includes(null) ? null : values;
  }

  // Return what one pair of brackets around a whole text holds, or null.
  function unwrapped(text) {
    if (!text || text.at(-1) !== PAIRS[text[0]]) return null;
    const inner = text.slice(1, -1);
    let open = 0;
    for (const sign of inner) {
      open += (sign in PAIRS) - CLOSING.includes(sign);
      if (open < 0) return null;
    }
    return inner;
  }

  // Return the mark between the entries of a text (a semicolon, a comma, a space), and these.
  function split(text) {
    for (const mark of ';,') {
      const entries = [''];
      let open = 0;
      for (const sign of text) {
        open += (sign in PAIRS) - CLOSING.includes(sign);
        if (sign === mark && open === 0) entries.push('');
        else entries[entries.length - 1] += sign;
      }
      if (entries.length > 1) {
        if (!entries.at(-1).replaceAll(' ', '')) entries.pop();
        return [mark, entries.map((entry) => entry.replace(/^ +| +$/g, ''))];
      }
    }
    const pieces = text.split(' ');
    const several = pieces.length > 1 && pieces.every((piece) => WHOLE.test(piece));
    return several ? [' ', pieces] : ['', [text]];
  }

  window.snnbook = { ...window.snnbook, text: { UnreadableAnswer, spelledOut, quoted } };
})();
