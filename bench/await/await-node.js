// One await in Node, through a function that gives a promise already kept.
const operations = [() => Promise.resolve(1), () => Promise.resolve(2)];

async function main(count) {
  let total = 0;
  for (let n = count; n > 0; n--) total += await operations[n % 2]();
  return Math.trunc(2 * total / count);
}

require("../elapsed.js")(main);
