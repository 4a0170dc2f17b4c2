// A chain of nested awaits: the innermost of 100 functions awaits, and the value goes back through all.
const operations = [() => Promise.resolve(1), () => Promise.resolve(1)];

async function descend(level) {
  if (level === 0) return await operations[level % 2]();
  return 1 + await descend(level - 1);
}

async function main(count) {
  let total = 0;
  for (let n = count; n > 0; n--) total += await descend(100);
  return total / count;
}

require("../elapsed.js")(main);
