// Logging in: the token goes to the server once, in the body, and is kept nowhere in the browser.

const form = document.getElementById("login");
const token = document.getElementById("token");
const why = document.getElementById("why");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  why.textContent = "";
  try {
    const answer = await fetch("/api/login", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Arb": "1" },
      body: JSON.stringify({ token: token.value }),
    });
    if (answer.ok) {
      location.replace("/");
      return;
    }
    why.textContent = (await answer.json()).error;
  } catch {
    why.textContent = "the page's process does not answer";
  }
  token.select();
});
