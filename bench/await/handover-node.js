// Two async functions hand a number to and fro: each parks itself and makes the other ready.
let parked = null;

function handOver(value) {
  return new Promise((resolve) => {
    const other = parked;
    parked = resolve;
    if (other) other(value);
  });
}

async function player(first, count) {
  let got = first ? await handOver(0) : 1;
  while (got < count) got = await handOver(got + 1);
  const other = parked;
  parked = null;
  if (other) other(got);
  return got;
}

async function main(count) {
  const first = player(true, count);
  const second = player(false, count);
  await first;
  return await second - count;
}

require("../elapsed.js")(main);
