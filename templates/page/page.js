// After a click the button says what is happening and does nothing more. Without this script the pages work as well.
for (const form of document.forms) {
  const button = form.querySelector("button");
  const label = button.textContent;
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") { event.preventDefault(); return; }
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.working;
    document.getElementById("status").textContent = button.dataset.working;
  });
  // The browser's back button brings the page as it was left.
  window.addEventListener("pageshow", () => {
    button.removeAttribute("aria-disabled");
    button.textContent = label;
    document.getElementById("status").textContent = "";
  });
}
