// A link inside a piece of HTML opens its page as going back does: the address changes, and Streamlit draws what it says.
if (!window.kinshipFollows) {
  window.kinshipFollows = true;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".stHtml a[href]");
    const plain = !event.button && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || link.origin !== location.origin) return;
    event.preventDefault();
    history.pushState({}, "", link.href);
    dispatchEvent(new PopStateEvent("popstate"));
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  });
}
