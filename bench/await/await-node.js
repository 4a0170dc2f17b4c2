// One await in Node, through a function that gives a promise already kept.
const count = 5000000;
const operations = [() => Promise.resolve(1), () => Promise.resolve(2)];

async function main() {
  let total = 0;
  const started = process.hrtime.bigint();
  for (let n = count; n > 0; n--) total += await operations[n % 2]();
  const took = process.hrtime.bigint() - started;
  console.log(`operations ${count}\n${Math.trunc(2 * total / count)}\nelapsed-us ${took / 1000n}`);
}

main();
