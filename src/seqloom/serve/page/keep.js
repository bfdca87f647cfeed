// What the browser remembers: choices for good, what was typed and the key until the tab is closed.

const PREFIX = "seqloom.";

function shelf(storage) {
  return {
    get(name, otherwise = null) {
      try {
        return JSON.parse(storage().getItem(PREFIX + name)) ?? otherwise;
      } catch {
        return otherwise; // Forbidden, or not written by us.
      }
    },
    set(name, value) {
      try {
        if (value === null) storage().removeItem(PREFIX + name);
        else storage().setItem(PREFIX + name, JSON.stringify(value));
      } catch {
        // Forbidden or full: it is forgotten, and nothing else is lost.
      }
    },
  };
}

export const forGood = shelf(() => localStorage);
export const forNow = shelf(() => sessionStorage);
