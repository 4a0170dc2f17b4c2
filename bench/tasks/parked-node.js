// A million async functions: each is called, parks itself, is resumed with a number, and ends.
const count = 1000000;

async function main() {
  const waiting = [];
  let total = 0;
  const task = async () => {
    const got = await new Promise((resolve) => waiting.push(resolve));
    total += got;
  };
  const started = process.hrtime.bigint();
  const tasks = [];
  for (let n = 0; n < count; n++) tasks.push(task());
  for (const resume of waiting) resume(1);
  await Promise.all(tasks);
  const took = process.hrtime.bigint() - started;
  console.log(`operations ${count}\n${total}\nelapsed-us ${took / 1000n}`);
}

main();
