// A chain of async functions in Node: each level awaits the next one, a thousand deep.
const depth = 1000;

async function level(n) {
  if (n === 0) {
    await null;
    return 0;
  }
  return 1 + (await level(n - 1));
}

async function main(rounds) {
  let total = 0;
  for (let n = 0; n < rounds; n++) total += await level(depth);
  return total;
}

require("../elapsed.js")(main);
