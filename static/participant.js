// Small helps for participants; every page works without them.
"use strict";

(() => {
  // Leave at once: blank the page before the network is asked for anything, and keep no entry to come back to.
  const leave = () => {
    document.documentElement.hidden = true;
    document.querySelectorAll("form").forEach((form) => form.reset());
    location.replace("/exit");
  };
  document.querySelectorAll("a.exit").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      leave();
    });
  });

  let shifts = [];
  document.addEventListener("keydown", (event) => {
    shifts = event.key === "Shift" && !event.repeat ? [...shifts, event.timeStamp].slice(-3) : [];
    if (shifts.length === 3 && shifts[2] - shifts[0] < 1500) leave();
  });

  // A page that the browser kept in memory would show the answers again.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // A card's link carries the code in the fragment, which never reaches a server. Take it out of the address whatever
  // it looks like, and put it in its field where it can be a code.
  const fragment = location.hash.slice(1);
  if (fragment && !document.getElementById(fragment)) {
    history.replaceState(null, "", location.pathname + location.search);
    const code = fragment.replace(/%20|[\s+-]/g, "");
    const field = document.getElementById("code");
    if (field && /^[0-9A-Za-z]{16}$/.test(code)) field.value = code.match(/.{4}/g).join("-");
  }
})();
