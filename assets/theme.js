// Loaded in <head> before anything is drawn: applies this browser's choice of theme without a flash.
const chosen = document.cookie.match(/(?:^|; )mobula-theme=(light|dark|auto)/);
if (chosen) document.documentElement.dataset.bsTheme = chosen[1];
