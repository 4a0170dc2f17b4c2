// n timers at once: each is an async function that sleeps for up to 100 ms and adds to a sum.
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function main(count) {
  let total = 0;
  const sleeper = async (n) => {
    await sleep(n * 7919 % 100);
    total += n % 10;
  };
  const tasks = [];
  for (let n = count; n > 0; n--) tasks.push(sleeper(n));
  await Promise.all(tasks);
  return total;
}

require("../elapsed.js")(main);
