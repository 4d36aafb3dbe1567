// The one script that is no module: a screen that was switched on while the server restarted may have got its page but
// not all of its modules, and then nothing would ever run. It loads itself anew once the server answers.

(function () {
  const PATIENCE = 30_000;

  async function look() {
    if (document.documentElement.hasAttribute("data-started")) return;
    const answers = await fetch("/kiosk/boot.js", { cache: "no-store" }).then(
      (response) => response.ok,
      () => false,
    );
    if (answers) location.reload();
    else setTimeout(look, PATIENCE);
  }

  setTimeout(look, PATIENCE);
})();
