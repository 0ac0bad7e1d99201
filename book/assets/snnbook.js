// A table that is wider than the window scrolls in its own box; the keyboard must reach that box.
function reachScrollingBoxes() {
  for (const box of document.querySelectorAll('.pst-scrollable-table-container')) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  }
}
addEventListener('load', reachScrollingBoxes);
addEventListener('resize', reachScrollingBoxes);

// What a link leads to may stand in a folded part; on paper every part is open.
function openFoldsAround(node) {
  for (let fold = node?.closest('details'); fold; fold = fold.parentElement.closest('details')) {
    fold.open = true;
  }
}
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.closest('details:not([open])')) return;
  openFoldsAround(target);
  target.scrollIntoView();
}
addEventListener('load', openTarget);
addEventListener('hashchange', openTarget);
addEventListener('beforeprint', () => {
  for (const fold of document.querySelectorAll('details.optional')) fold.open = true;
});

// Paper is white, whatever the screen shows.
let themeOnScreen = '';
addEventListener('beforeprint', () => {
  themeOnScreen = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = 'light';
});
addEventListener('afterprint', () => {
  document.documentElement.dataset.theme = themeOnScreen;
});
