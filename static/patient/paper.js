/** Opens the print dialog of a ticket on paper; the size is remembered for the next one, and the window closes after it. */

const SIZE = "paper-size";
const { size } = document.querySelector(".paper").dataset;
const ready = Promise.all([...document.images].map((image) => image.decode().catch(() => null)));

localStorage.setItem(SIZE, size);
document.querySelector("#print").addEventListener("click", () => print());
// Only a window that was opened for printing goes away by itself.
if (window.opener) addEventListener("afterprint", () => close());
ready.then(() => print());
