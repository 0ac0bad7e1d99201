// A table that is wider than the window scrolls in its own box; the keyboard must reach that box.
function reachScrollingBoxes() {
  for (const box of document.querySelectorAll('.pst-scrollable-table-container')) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  }
}
addEventListener('load', reachScrollingBoxes);
addEventListener('resize', reachScrollingBoxes);
