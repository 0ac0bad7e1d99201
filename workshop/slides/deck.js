// Starts the slides when the mathematics is set. Keys: arrows and space move, S opens the notes,
// F fills the screen, O shows all slides; ?print-pdf in the address is the print view.
MathJax.startup.promise.then(() => {
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0.02,
    center: false,
    hash: true,
    slideNumber: 'c/t',
    transition: 'none',
    backgroundTransition: 'none',
    pdfMaxPagesPerSlide: 1,
    pdfSeparateFragments: false,
    plugins: [RevealNotes],
  });
});
