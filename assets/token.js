// The token that every form carries.

// A sign-in in another tab makes this page's token useless: another page has the new one.
export async function renewToken(form) {
  try {
    const response = await fetch(location.href, { headers: { "X-Submission": "token" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
    const own = form.querySelector("[name=csrfmiddlewaretoken]");
    if (!token || !own) return false;
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
    document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRFToken": token }));
    return true;
  } catch {
    return false;
  }
}
