// n async functions: each is called, parks itself, is resumed with a number, and ends.
async function main(count) {
  const waiting = [];
  let total = 0;
  const task = async () => {
    const got = await new Promise((resolve) => waiting.push(resolve));
    total += got;
  };
  const tasks = [];
  for (let n = 0; n < count; n++) tasks.push(task());
  for (const resume of waiting) resume(1);
  await Promise.all(tasks);
  return total;
}

require("../elapsed.js")(main);
