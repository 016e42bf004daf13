// What a button's label says while it happens, and once it has: "Save version" → "Saving…", "saved".
const OTHERS = {
  run: ["Running", "run"],
  set: ["Setting", "set"],
  plan: ["Planning", "planned"],
  stop: ["Stopping", "stopped"],
  try: ["Trying", "tried"],
  "sign in": ["Signing in", "signed in"],
  "sign out": ["Signing out", "signed out"],
  cancel: ["Canceling", "canceled"],
};
// Regular verbs; of any other first word nothing is derived.
const REGULAR = `activate add apply archive change check clone compare continue convert copy create deactivate delete
  disable discard download duplicate enable end export extend filter fix hold import install invite launch merge
  open pause pin preview recreate refresh relaunch remove rename replace resize restart restore resume retry revoke
  save schedule search send start submit switch terminate unarchive undo unpin update upload use validate`
  .split(/\s+/);
const UNKNOWN = ["Working", "done"];

export function doing(label) {
  return `${forms(label)[0]}…`;
}

export function done(label) {
  return forms(label)[1];
}

function forms(label) {
  const words = label.trim().toLowerCase().split(/[\s:]+/);
  const verb = words[0];
  const phrase = words.slice(0, 2).join(" ");
  if (OTHERS[phrase] ?? OTHERS[verb]) return OTHERS[phrase] ?? OTHERS[verb];
  if (!REGULAR.includes(verb)) return UNKNOWN;
  return [capitalized(`${doubled(verb.replace(/e$/, ""))}ing`), past(verb)];
}

function past(verb) {
  if (verb === "send") return "sent";
  if (verb === "undo") return "undone";
  if (verb === "hold") return "held";
  if (verb.endsWith("e")) return `${verb}d`;
  return `${/[^aeiou]y$/.test(verb) ? verb.replace(/y$/, "i") : doubled(verb)}ed`;
}

function doubled(verb) {
  return ["pin", "unpin", "submit"].includes(verb) ? verb + verb.at(-1) : verb;
}

function capitalized(word) {
  return word[0].toUpperCase() + word.slice(1);
}
