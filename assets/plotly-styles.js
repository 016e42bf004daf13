// Imported before Plotly: told so, it adds no <style>, which the page's policy forbids. See plotly.css.
const sign = document.createElement("template");
sign.id = "plotly.js-style-global";
sign.className = "no-inline-styles";
document.head.append(sign);
