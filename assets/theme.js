// Loaded in <head> before anything is drawn: applies this browser's choice of theme without a flash,
// and tells the server the browser's time zone, which it shows times in unless the user chose one.
const chosen = document.cookie.match(/(?:^|; )mobula-theme=(light|dark|auto)/);
if (chosen) document.documentElement.dataset.bsTheme = chosen[1];

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`mobula-time-zone=${zone}`)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `mobula-time-zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
